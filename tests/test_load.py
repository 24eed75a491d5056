"""A little of the fuzz run and of the load test, against a real server; and that both would notice what is wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from bench.data import new_sqlite
from bench.fuzz.client import run
from bench.fuzz.documents import corpus
from bench.fuzz.requests import KINDS, Known
from bench.fuzz.serving import Served
from bench.fuzz.verdicts import Answer, Tally, judged_value
from bench.soak.clients import Client, Seen

FORM = {"content-type": "application/json", "x-request-id": "a"}
REFUSED = b'{"errors":[{"message":"no","extensions":{"code":"%s","requestId":"a","retryable":false}}]}'


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`workgraph serve` over the example documents."""
    folder = tmp_path_factory.mktemp("served")
    with Served(new_sqlite(folder), folder) as running:
        yield running


async def test_requests_of_every_kind_are_answered_as_they_must_be(served: Served) -> None:
    known = Known(served.token, served.host, corpus(served.ids(), 1, 30))
    tally = await run(known, "smoke", list(range(400)), connections=4)
    assert tally.findings == []
    assert served.faults() == []
    assert len(tally.kinds) == len(KINDS) + 1  # and sockets
    assert {200, 400, 405} <= set(tally.statuses)
    assert len(tally.codes) > 4


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Answer(200, FORM, b'{"data":null}', 0), None),
        (Answer(400, FORM, REFUSED % b"BAD_REQUEST", 0), None),
        (Answer(400, FORM, REFUSED % b"INTERNAL", 0), "code INTERNAL"),
        (Answer(400, FORM, REFUSED % b"NEW", 0), "code NEW"),
        (Answer(500, FORM, b"{}", 0), "status 500"),
        (Answer(504, FORM, REFUSED % b"TIMEOUT", 0), "status 504"),
        (Answer(400, FORM, b'{"data":null}', 0), "refused without an error"),
        (Answer(400, FORM | {"content-type": "text/plain"}, b"Bad Request", 0), "400 of text/plain"),
        (Answer(400, FORM, b"Bad Request", 0), "no JSON"),
        (Answer(200, {"content-type": "application/json"}, b'{"data":null}', 0), "no X-Request-Id"),
        (Answer(200, FORM | {"x-request-id": "b"}, REFUSED % b"NOT_FOUND", 0), "another requestId"),
        (Answer(200, FORM, b'{"data":{"x":"Traceback (most"}}', 0), "it tells what is inside"),
        (Answer(200, FORM, b'{"errors":[]}', 0), "`errors` that are none"),
        (Answer(200, FORM, b"[1]", 0), "not GraphQL's form"),
    ],
    ids=lambda one: one.body.decode()[:30] if isinstance(one, Answer) else str(one),
)
def test_an_answer_that_is_not_as_it_must_be_is_noticed(answer: Answer, fault: str | None) -> None:
    tally = Tally()
    tally.note("kind", b"GET / HTTP/1.1\r\n\r\n", answer, is_head=False)
    assert len(tally.findings) == (fault is not None)
    assert fault is None or fault in tally.findings[0][0]


def test_an_answer_without_retryable_is_noticed() -> None:
    told = {"errors": [{"message": "no", "extensions": {"code": "NOT_FOUND", "requestId": "a"}}]}
    assert judged_value(told, 200, "a")[1] == "an error without message or retryable"


async def test_clients_see_what_they_wrote_and_would_notice_if_they_did_not(served: Served) -> None:
    token = served.made_token("workspace:read", "workspace:write", org="Load", user="load@example.com")
    seen = Seen()
    clients = [Client(served.port, token, "Load", number, seen, ("Northwind",)) for number in range(4)]
    await asyncio.gather(*(client.begin() for client in clients))
    await asyncio.gather(*(client.run(time.time() + 3, 0.5) for client in clients))
    assert (seen.wrong, seen.errors) == ([], [])
    assert seen.changes["Load"] > len(clients)

    forgetful = next(client for client in clients if len(client.charts) > 1)
    forgetful.charts.reverse()
    await forgetful._check_mine()
    forgetful.name = "another"
    await forgetful._check_mine()
    forgetful._close()
    assert [one.split(": ")[1] for one in seen.wrong] == ["its charts", "its charts", "its name"]
