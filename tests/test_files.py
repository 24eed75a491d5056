"""rest/files.py: recordings are read whatever way they were saved; what cannot be read is reported where it stands."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rest.files import Item, Link, Unreadable, files_in, items_of
from rest.importing import Entry, Summary, imported
from rest.records import Exchange, Place, Problem, RefusedError, taken_apart

AT = "2026-11-01T10:00:00Z"
AT_MICROSECONDS = 1_793_527_200_000_000
BODY = {"id": "w1", "name": "Desk"}
LINE = {"system": "orgo", "method": "GET", "path": "/api/workspaces/w1", "status": 200, "at": AT, "body": BODY}
BOM = b"\xef\xbb\xbf"


def line(**changes: Any) -> bytes:
    """A line as a file has it; a change to None leaves the field out."""
    return json.dumps({name: value for name, value in {**LINE, **changes}.items() if value is not None}).encode()


def har_entry(body: Any = BODY, **changes: Any) -> dict[str, Any]:
    content = {"size": 1, "mimeType": "application/json", "text": json.dumps(body)}
    return {
        "startedDateTime": AT,
        "time": 12.5,
        "request": {
            "method": "GET",
            "url": "https://www.orgo.ai/api/workspaces/w1?tab=1",
            "headers": [{"name": "authorization", "value": "Bearer sk_live_example0000000000000000"}],
            "cookies": [{"name": "session", "value": "example-session"}],
        },
        "response": {"status": 200, "content": content},
        **changes,
    }


def har(*entries: Any) -> bytes:
    """A HAR file as Chrome saves it, indented."""
    return json.dumps({"log": {"version": "1.2", "pages": [], "entries": list(entries)}}, indent=2).encode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "recording"


def read(path: Path, content: bytes) -> list[Item]:
    path.write_bytes(content)
    with path.open("rb") as raw:
        return list(items_of(path, raw))


def exchange_of_line(path: Path, number: int) -> Exchange:
    place = Place(str(path), number, "/body")
    return Exchange(place, "GET", "/api/workspaces/w1", 200, AT_MICROSECONDS, BODY, "ORGO")


def exchange_of_entry(path: Path, number: int, body: Any = BODY) -> Exchange:
    place = Place(str(path), None, f"/log/entries/{number}/response/content/text")
    return Exchange(
        place, "GET", "/api/workspaces/w1?tab=1", 200, AT_MICROSECONDS, host="www.orgo.ai",
        text=json.dumps(body).encode(), is_captured=True,
    )  # fmt: skip


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("mark", [b"", BOM], ids=["no BOM", "BOM"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_lines_are_read_with_their_numbers_blank_lines_aside(path: Path, pack: Any, mark: bytes, end: bytes) -> None:
    content = pack(mark + end.join((line(), b"", b"  \t", line(), b"")))

    assert read(path, content) == [exchange_of_line(path, 1), exchange_of_line(path, 4)]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("mark", [b"", BOM, b"\n  ", BOM + b"\r\n"], ids=["no BOM", "BOM", "white space", "both"])
def test_a_har_file_is_known_by_its_beginning(path: Path, pack: Any, mark: bytes) -> None:
    content = pack(mark + har(har_entry(), har_entry()))

    assert read(path, content) == [exchange_of_entry(path, 0), exchange_of_entry(path, 1)]


def test_a_body_in_base64_as_mitmproxy_saves_it_is_decoded(path: Path) -> None:
    text = b64encode(json.dumps(BODY).encode()).decode()
    content = {"text": text, "encoding": "base64", "mimeType": "application/json"}

    assert read(path, har(har_entry(response={"status": 200, "content": content}))) == [exchange_of_entry(path, 0)]


@pytest.mark.parametrize("name", ["rec.har", "rec.jsonl", "rec.har.gz", "rec.ndjson.GZ", "rec", "rec.txt"])
def test_the_content_counts_and_not_the_name_of_a_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name

    assert read(path, gzip.compress(line())) == [exchange_of_line(path, 1)]
    assert read(path, har(har_entry())) == [exchange_of_entry(path, 0)]


def test_a_folder_means_every_recording_in_it_in_order_of_name(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.har", "deep/c.ndjson.gz", "D.HAR.GZ", "notes.txt", "a.json", "x.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    single = tmp_path / "notes.txt"

    found = files_in([single, tmp_path])

    assert found == [single, *(tmp_path / name for name in ("D.HAR.GZ", "a.har", "b.jsonl", "deep/c.ndjson.gz"))]


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", BOM, gzip.compress(b""), har()], ids=["empty", "blank", "BOM", "gzip", "HAR"]
)
def test_a_file_without_exchanges_holds_nothing(path: Path, content: bytes) -> None:
    assert read(path, content) == []


def test_a_line_needs_no_system_and_no_method(path: Path) -> None:
    (found,) = read(path, line(system=None, method=None))

    assert found == Exchange(Place(str(path), 1, "/body"), "GET", LINE["path"], 200, AT_MICROSECONDS, BODY, None)


@pytest.mark.parametrize(
    ("at", "microseconds"),
    [
        ("2026-11-01T10:00:00", AT_MICROSECONDS),
        ("2026-11-01T11:00:00.000001+01:00", AT_MICROSECONDS + 1),
        ("2026-11-01 10:00:00z", AT_MICROSECONDS),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ],
)
def test_a_moment_is_read_to_the_microsecond_and_without_offset_as_utc(path: Path, at: str, microseconds: int) -> None:
    (found,) = read(path, line(at=at))

    assert isinstance(found, Exchange)
    assert found.at == microseconds


ODD_MOMENTS = ("", "yesterday", "2026-11-01", "2026-13-01T00:00:00Z", "1793527200", "1970-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "2026-11-01T10:00:00+99:00", "\u0661\u0662")  # fmt: skip


@pytest.mark.parametrize("at", [None, 5, *ODD_MOMENTS])
def test_a_missing_or_odd_moment_is_reported_at_its_pointer(path: Path, at: Any) -> None:
    odd, sound = read(path, line(at=at) + b"\n" + line())

    assert isinstance(odd, Unreadable)
    assert (odd.place, [problem.pointer for problem in odd.problems]) == (Place(str(path), 1), ["/at"])
    assert sound == exchange_of_line(path, 2)


BAD_LINES = {
    "no JSON": (b"hello", [""]),
    "half a line": (line()[:-9], [""]),
    "invalid UTF-8": (line().replace(b"Desk", b"D\xffsk"), [""]),
    "lone surrogate": (line().replace(b"Desk", b"\\ud800"), [""]),
    "1e400": (line().replace(b'"Desk"', b"1e400"), [""]),
    "NaN": (line().replace(b'"Desk"', b"NaN"), [""]),
    "nested too deep": (line().replace(b'"Desk"', b"[" * 100_000 + b"]" * 100_000), [""]),
    "a list": (b"[1]", [""]),
    "a number": (b"5", [""]),
    "unknown system": (line(system="jira"), ["/system"]),
    "system is no text": (line(system=5), ["/system"]),
    "no path": (line(path=None), ["/path"]),
    "empty path": (line(path=""), ["/path"]),
    "status is a text": (line(status="200"), ["/status"]),
    "several faults": (line(status="200", path="", at="x"), ["/path", "/status", "/at"]),
    "link of one": (b'{"link": [["orgo", "1"]]}', ["/link"]),
    "link to no system": (b'{"link": [["orgo", "1"], ["jira", "2"]]}', ["/link"]),
    "link to no id": (b'{"link": [["orgo", ""], ["vai", "2"]]}', ["/link"]),
    "link to an id with NUL": (b'{"link": [["orgo", "a\\u0000"], ["vai", "2"]]}', ["/link"]),
    "link to an endless id": (b'{"link": [["orgo", "' + b"a" * 256 + b'"], ["vai", "2"]]}', ["/link"]),
    "link of three": (b'{"link": [["orgo", "1", "2"], ["vai", "2"]]}', ["/link"]),
    "link of numbers": (b'{"link": [["orgo", 1], ["vai", 2]]}', ["/link/0/1", "/link/1/1"]),
    "link and more": (b'{"link": [["orgo", "1"], ["vai", "2"]], "path": "/"}', ["/path"]),
    "link is null": (b'{"link": null}', ["/link"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "pointers"), BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_line_is_reported_with_its_number_and_keeps_no_other_out(
    path: Path, text: bytes, pointers: list[str]
) -> None:
    before, bad, after = read(path, b"\n".join((line(), text, line())))

    assert isinstance(bad, Unreadable)
    assert bad.place == Place(str(path), 2)
    assert [problem.pointer for problem in bad.problems] == pointers
    assert all(problem.message for problem in bad.problems)
    assert [before, after] == [exchange_of_line(path, 1), exchange_of_line(path, 3)]


def test_a_link_line_joins_systems_named_in_either_case(path: Path) -> None:
    found = read(path, b'{"link": [["Orgo", "1"], ["VAI", "2"], ["evershell", "3"]]}')

    assert found == [Link(Place(str(path), 1), [("ORGO", "1"), ("VAI", "2"), ("EVERSHELL", "3")])]


BAD_ENTRIES = {
    "no object": 5,
    "null": None,
    "no request": {**har_entry(), "request": None},
    "no response": {**har_entry(), "response": None},
    "no method": {**har_entry(), "request": {"url": "https://www.orgo.ai/api/workspaces/w1"}},
    "no moment": {**har_entry(), "startedDateTime": None},
    "odd moment": {**har_entry(), "startedDateTime": "now"},
    "odd status": {**har_entry(), "response": {"status": "OK"}},
    "odd URL": {**har_entry(), "request": {"method": "GET", "url": "https://[orgo/api"}},
    "odd base64": {**har_entry(), "response": {"status": 200, "content": {"text": "a", "encoding": "base64"}}},
    "text is a number": {**har_entry(), "response": {"status": 200, "content": {"text": 5}}},
}


@pytest.mark.parametrize("entry", BAD_ENTRIES.values(), ids=BAD_ENTRIES)
def test_a_bad_entry_is_reported_with_its_pointer_and_keeps_no_other_out(path: Path, entry: Any) -> None:
    before, bad, after = read(path, har(har_entry(), entry, har_entry()))

    assert isinstance(bad, Unreadable)
    assert bad.place == Place(str(path), None, "/log/entries/1")
    assert [problem.pointer for problem in bad.problems] == ["/log/entries/1"]
    assert bad.problems[0].message.startswith("is no HAR entry: ")
    assert [before, after] == [exchange_of_entry(path, 0), exchange_of_entry(path, 2)]


def in_second_entry(number: bytes) -> Callable[[bytes], bytes]:
    """Puts something else in the place of the second entry's `time`."""
    return lambda whole: number.join(whole.rsplit(b"12.5", 1))


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda whole: whole[: whole.rindex(b'"response"')],
    "no JSON": in_second_entry(b"hello"),
    "invalid UTF-8": in_second_entry(b'"\xff"'),
    "number too large": in_second_entry(b"1e400"),
    "whole number too large": in_second_entry(b"9" * 5_000),
    "nested too deep": in_second_entry(b"[" * 100_000 + b"]" * 100_000),
}


@pytest.mark.parametrize("spoil", BROKEN.values(), ids=BROKEN)
def test_of_a_har_file_broken_in_the_middle_the_beginning_is_taken(path: Path, spoil: Callable[[bytes], bytes]) -> None:
    # yajl reads 64 KB at once and gives nothing of a block that is spoilt: so the first entry is larger than that
    large = {**BODY, "note": "n" * 200_000}

    found = read(path, spoil(har(har_entry(large), har_entry())))

    assert found[0] == exchange_of_entry(path, 0, large)
    (bad,) = found[1:]
    assert isinstance(bad, Unreadable)
    assert bad.place == Place(str(path), None, "/log/entries/1")
    assert [problem.pointer for problem in bad.problems] == ["/log/entries/1"]
    assert bad.problems[0].message.startswith("is not JSON: ")


@pytest.mark.parametrize("rest", [0, 9, 200], ids=["all of it", "nine bytes", "200 bytes"])
def test_of_a_truncated_gzip_the_lines_before_the_cut_are_taken(path: Path, rest: int) -> None:
    lines = [line(body={"id": f"w{number}", "note": f"{number * 7919:x}" * 9}) for number in range(20_000)]
    packed = gzip.compress(b"\n".join(lines))

    *found, last = read(path, packed[: len(packed) // 2 + rest])

    assert 5_000 < len(found) < 15_000
    assert [exchange.place.line for exchange in found] == list(range(1, len(found) + 1))
    assert isinstance(last, Unreadable)
    assert last.place == Place(str(path))
    assert [problem.message for problem in last.problems] == [
        "cannot be read: Compressed file ended before the end-of-stream marker was reached"
    ]


def test_a_small_truncated_gzip_is_reported_and_not_raised(path: Path) -> None:
    for length in range(2, 60):
        *_found, last = read(path, gzip.compress(line() + b"\n" + line())[:length])
        assert isinstance(last, Unreadable)
        assert last.place == Place(str(path))


def test_a_damaged_gzip_is_reported_and_not_raised(path: Path) -> None:
    whole = gzip.compress(b"\n".join(line(body={"id": f"w{number}"}) for number in range(2_000)))
    for position in range(10, len(whole), 97):
        damaged = whole[:position] + bytes([whole[position] ^ 0x55]) + whole[position + 1 :]
        found = read(path, damaged)
        assert any(isinstance(item, Unreadable) for item in found)


async def test_a_file_that_is_missing_is_reported_and_the_next_is_read(tmp_path: Path) -> None:
    missing, empty = tmp_path / "missing.jsonl", tmp_path / "bad.jsonl"
    empty.write_bytes(b"{}")

    entries = [entry async for entry in imported(None, "o", [missing, empty], Summary())]  # type: ignore[arg-type]

    assert [(entry.place, entry.outcome) for entry in entries] == [
        (Place(str(missing)), "refused"),
        (Place(str(empty), 1), "refused"),
    ]
    assert entries[0].problems[0].message.startswith("cannot be read: ")


def refusal(exchange: Item) -> list[Problem]:
    assert isinstance(exchange, Exchange)
    with pytest.raises(RefusedError) as caught:
        taken_apart(exchange)
    return caught.value.problems


def test_a_path_that_two_systems_have_needs_the_system(path: Path) -> None:
    (found,) = read(path, line(system=None, path="/api/v1/workspaces/1"))

    assert refusal(found) == [
        Problem("/system", 'aitasker and vai both have such a call; name the "system"'),
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path": "/api/nothing/1"}, "orgo has no call GET /api/nothing/1"),
        ({"method": "PURGE"}, "orgo has no call PURGE /api/workspaces/w1"),
        ({"system": None, "path": "/nothing"}, "of the four systems none has a call GET /nothing"),
        ({"path": "/api/workspaces/%00"}, "must have a {id} of 1 to 255 characters in one line"),
        ({"path": f"/api/workspaces/{'a' * 256}"}, "must have a {id} of 1 to 255 characters in one line"),
    ],
)
def test_an_unknown_call_is_refused_at_its_path(path: Path, changes: dict[str, Any], message: str) -> None:
    (found,) = read(path, line(**changes))

    assert refusal(found) == [Problem("/path", message)]


def test_every_fault_of_a_body_is_reported_at_its_pointer(path: Path) -> None:
    body = {"workspaces": [{"name": "no id"}, {"id": "w2", "computers": [{"id": "c", "ram": "4"}]}, 5]}
    in_line, in_entry = (
        *read(path, line(path="/api/workspaces", body=body)),
        *read(path, har(har_entry(body, request={"method": "GET", "url": "https://orgo.ai/api/workspaces"}))),
    )

    pointers = ["/workspaces/0/id", "/workspaces/1/computers/0/ram", "/workspaces/2"]
    assert [problem.pointer for problem in refusal(in_line)] == [f"/body{pointer}" for pointer in pointers]
    inside = "/log/entries/0/response/content/text"
    assert [problem.pointer for problem in refusal(in_entry)] == [f"{inside}{pointer}" for pointer in pointers]


def test_a_captured_body_that_is_no_json_is_refused_at_its_text(path: Path) -> None:
    for text in ("<html>", '{"id": 1e400}', '{"id": "\\ud800"}', "[" * 100_000 + "]" * 100_000):
        (found,) = read(path, har(har_entry(response={"status": 200, "content": {"text": text}})))
        (problem,) = refusal(found)
        assert problem.pointer == "/log/entries/0/response/content/text"


def test_a_query_loses_its_secrets_before_anything_sees_it(path: Path) -> None:
    url = "https://www.orgo.ai/api/workspaces/w1?token=abcdefghijkl&tab=1"
    found = (
        *read(path, line(path="/api/workspaces/w1?token=abcdefghijkl&tab=1")),
        *read(path, har(har_entry(request={"method": "GET", "url": url}))),
    )

    assert [item.path for item in found if isinstance(item, Exchange)] == [
        "/api/workspaces/w1?token=[removed]&tab=1",
    ] * 2


async def test_the_report_names_file_and_line_of_what_was_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b"\n".join((b"no", line(path="/api/nothing"), line(status=404), line(body={"id": 5}))))
    summary = Summary()

    entries = [entry async for entry in imported(None, "o", [path], summary)]  # type: ignore[arg-type]

    assert entries == [
        Entry(Place(str(path), 1), "refused", problems=entries[0].problems),
        Entry(
            Place(str(path), 2, "/body"), "refused", "GET /api/nothing",
            problems=[Problem("/path", "orgo has no call GET /api/nothing")],
        ),
        Entry(
            Place(str(path), 3, "/body"), "skipped", "GET /api/workspaces/w1",
            problems=[Problem("", "the answer's status is 404")],
        ),
        Entry(
            Place(str(path), 4, "/body"), "refused", "GET /api/workspaces/w1",
            problems=[Problem("/body/id", "must be a text")],
        ),
    ]  # fmt: skip
    assert summary.outcomes == {"refused": 3, "skipped": 1}
