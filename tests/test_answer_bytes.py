"""How many bytes an answer may have: counted before it is encoded, whichever way and by whichever executor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from operations.operation import MAX_JSON_BYTES
from tests.doors import Doors, doors

CREATE = 'mutation { createWorkspace(input: {title: "A"}) { workspace { id } } }'
UPDATE = "mutation($i: UpdateWorkspaceInput!) { updateWorkspace(input: $i) { workspace { id } } }"
LONG = "d" * 2_000
GRAPHQL_CORE = "__schema { __typename }"


@pytest.fixture
async def open_doors(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Doors]:
    """An answer may have 20,000 bytes; there is a workspace with 2,000 in its text and as many in its JSON."""
    async with doors(tmp_path, sqlite_template, answer_bytes=20_000) as opened:
        made = await opened.post(CREATE)
        given = {
            "id": made["data"]["createWorkspace"]["workspace"]["id"],
            "description": LONG,
            "rendererConfig": {"a": LONG},
        }
        assert "errors" not in await opened.post(UPDATE, {"i": given})
        yield opened


@pytest.mark.parametrize("more", [(), (GRAPHQL_CORE,)], ids=["ours", "graphql-core"])
@pytest.mark.parametrize("place", ["description", "vai { rendererConfig }", "sources { document }"])
async def test_what_aliases_repeat_counts_again(open_doors: Doors, place: str, more: tuple[str, ...]) -> None:
    """Texts and JSON that lie in rows, and JSON that a function makes."""

    def query(count: int) -> str:
        many = " ".join(f"a{number}: {place}" for number in range(count))
        return f"{{ workspaces {{ nodes {{ {many} }} }} {' '.join(more)} }}"

    assert await open_doors.codes(query(3)) == (200, [])
    assert await open_doors.codes(query(11)) == (400, ["ANSWER_BYTES_EXCEEDED"])


async def test_the_refusal_says_the_limit_and_what_was_counted(open_doors: Doors) -> None:
    many = " ".join(f"a{number}: description" for number in range(11))
    (error,) = (await open_doors.post(f"{{ workspaces {{ nodes {{ {many} }} }} }}"))["errors"]
    told = {name: error["extensions"][name] for name in ("limit", "value", "retryable")}
    assert told == {"limit": "answerBytes", "value": 20_000, "retryable": False}
    assert 22_000 < error["extensions"]["asked"] < 23_000


async def test_a_record_that_many_lead_to_counts_for_each(open_doors: Doors) -> None:
    found = await open_doors.post("{ workspaces { nodes { id } } }")
    (workspace,) = found["data"]["workspaces"]["nodes"]
    session = "mutation($i: ID!) { createSession(input: {workspaceId: $i}) { session { id } } }"
    query = "{ sessions { nodes { workspace { description } } } }"
    for _ in range(8):
        assert "errors" not in await open_doors.post(session, {"i": workspace["id"]})
    assert await open_doors.codes(query) == (200, [])
    for _ in range(3):
        await open_doors.post(session, {"i": workspace["id"]})
    assert await open_doors.codes(query) == (400, ["ANSWER_BYTES_EXCEEDED"])


async def test_the_text_of_the_schema_counts(open_doors: Doors) -> None:
    assert await open_doors.codes("{ _service { sdl } }") == (400, ["ANSWER_BYTES_EXCEEDED"])


async def test_a_free_value_may_have_so_many_bytes_and_no_more(open_doors: Doors) -> None:
    found = await open_doors.post("{ workspaces { nodes { id } } }")
    given = {"id": found["data"]["workspaces"]["nodes"][0]["id"]}
    room = MAX_JSON_BYTES - len('{"a":""}')
    most, more = ({**given, "rendererConfig": {"a": "x" * (room + extra)}} for extra in (0, 1))
    assert "errors" not in await open_doors.post(UPDATE, {"i": most})
    (error,) = (await open_doors.post(UPDATE, {"i": more}))["errors"]
    assert error["extensions"]["fields"] == [
        {"path": "rendererConfig", "message": "has more than 65,536 bytes as JSON"}
    ]
