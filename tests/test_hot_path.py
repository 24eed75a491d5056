"""The hot path of HTTP answers what Strawberry's router answers, byte for byte; what was done can be asked for."""

from __future__ import annotations

import asyncio
import gc
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from bench.queries import queries
from db.database import Database
from db.migrate import upgrade
from execution.caches import CacheLimits
from execution.documents import Documents
from execution.limits import DocumentLimits
from execution.operations import BYTES_OF_PLAN, Operations
from execution.variables import variable_values
from gateway import application, served_schema
from resolvers.accounts import created_token, ensure_organization
from settings import Settings
from tests.conftest import ORGANIZATION, ORGANIZATION_ID, Importer, fleet

QUERIES = {
    "a list": "{ workspaces(first: 3) { totalCount nodes { id name createdAt status systems isArchived } } }",
    "all kinds of values": "{ runs { nodes { id createdAt usage: observability { usage { totalCost inputTokens } } "
    "costUsd source { document fetchedAt stale } steps { input output sequence } } } }",
    "cursors": "{ computers(first: 2) { edges { cursor node { name } } pageInfo { hasNextPage endCursor } } }",
    "interfaces": '{ node(id: "x") { id } lookup(system: VAI, type: WORKSPACE, externalId: "v-00000") { __typename '
    "... on Workspace { name vai { title rendererConfig warnings { code } } } } }",
    "an error in a field": "{ a: workspaces(first: 0) { nodes { name } } b: workspaces { totalCount } }",
    "an error that nulls all": '{ _entities(representations: [{__typename: "No", id: "x"}]) { __typename } }',
    "a variable": "query ($first: Int = 2) { agents(first: $first) { nodes { name workspaces { nodes { name } } } } }",
    "several operations": "query A { sources { system } } query B { viewer { email } }",
    "a document that does not parse": "{ workspaces(",
    "a document that does not validate": "{ nothing }",
    "introspection": "{ __schema { queryType { name } } }",
    "directives": "query ($yes: Boolean!) { viewer { email @skip(if: $yes) scopes @include(if: $yes) } }",
}
VARIABLES = {"directives": {"yes": True}, "a variable": {"first": 1}}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application over a few workspaces; its token may all, and documents may be large."""
    large = {"document_depth": 100, "document_selections": 10**12, "cost": 10**100}
    settings = Settings(data_dir=tmp_path, page_ceiling=10_000, **large)
    database = Database(settings.url)
    await upgrade(database)
    await ensure_organization(database, ORGANIZATION)
    await Importer(database, tmp_path).lines(*fleet(workspaces=3, each=2))
    token = await created_token(database, ORGANIZATION_ID, "n@x", ["workspace:read", "billing:read", "admin"])
    await database.close()
    app = application(settings)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://graph.test", headers=headers
    ) as opened:
        yield opened
    await app.state.database.close()


def anonymous(body: bytes) -> bytes:
    """An answer without the ids of its request."""
    return re.sub(rb'"requestId":"[0-9a-f]{16}"', b"", body)


@pytest.mark.parametrize("name", QUERIES)
async def test_the_hot_path_and_the_router_answer_alike_to_the_byte(client: httpx.AsyncClient, name: str) -> None:
    variables = VARIABLES.get(name, {})
    asked = {"query": QUERIES[name], "variables": variables}
    for _ in range(2):  # the second time everything is known
        posted = await client.post("/graphql", json=asked)
        got = await client.get("/graphql", params={**asked, "variables": orjson.dumps(variables).decode()})
        routed = await client.post("/graphql", json=asked, headers={"Content-Type": "application/json; x=y"})
        assert anonymous(posted.content) == anonymous(got.content) == anonymous(routed.content)
        assert posted.status_code == got.status_code == routed.status_code
        told = {"content-length": str(len(posted.content)), "x-request-id": posted.headers["x-request-id"]}
        assert posted.headers == {**got.headers, **told}


async def test_what_is_no_plain_post_of_json_goes_to_the_router(client: httpx.AsyncClient) -> None:
    cases: dict[str, tuple[int, dict[str, Any]]] = {
        "no JSON": (400, {"content": b"{", "headers": {"Content-Type": "application/json"}}),
        "no query": (400, {"json": {}}),
        "a query that is no text": (400, {"json": {"query": 1}}),
        "variables that are no object": (400, {"json": {"query": "{ __typename }", "variables": [1]}}),
        "an operation that there is not": (400, {"json": {"query": "{ __typename }", "operationName": "X"}}),
        "a variable of the wrong kind": (
            400, {"json": {"query": "query ($id: ID!) { node(id: $id) { id } }", "variables": {"id": []}}}
        ),
    }  # fmt: skip
    for name, (status, request) in cases.items():
        response = await client.post("/graphql", **request)
        assert response.status_code == status, name
        assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST", name


async def test_of_several_operations_one_must_be_named(client: httpx.AsyncClient) -> None:
    asked = {"query": QUERIES["several operations"]}
    wanted = "Must provide operation name if query contains multiple operations."
    for response in (await client.post("/graphql", json=asked), await client.get("/graphql", params=asked)):
        assert (response.status_code, "data" in response.json()) == (400, False)
        assert [error["message"] for error in response.json()["errors"]] == [wanted]
    named = await client.post("/graphql", json=asked | {"operationName": "B"})
    assert named.json() == {"data": {"viewer": {"email": "n@x"}}}


async def test_explain_tells_statements_batches_and_caches(client: httpx.AsyncClient) -> None:
    asked = {"query": "{ workspaces(first: 2) { nodes { name computers { nodes { name } } } } }"}
    headers = {"X-Workgraph-Explain": "1"}
    reports = []
    for _ in range(2):
        answer = (await client.post("/graphql", json=asked, headers=headers)).json()
        assert len(answer["data"]["workspaces"]["nodes"]) == 2
        reports.append(answer["extensions"]["explain"])
    routed = (await client.get("/graphql", params=asked, headers=headers)).json()["extensions"]["explain"]

    assert [(one["documentCached"], one["planCached"]) for one in (*reports, routed)] == [
        (False, False), (True, True), (True, True)
    ]  # fmt: skip
    for one in (*reports, routed):
        assert one["executor"] == "breadth-first"
        assert one["batches"] == [
            {"level": 1, "fields": ["Query.workspaces"], "keys": 1},
            {"level": 3, "fields": ["Workspace.computers"], "keys": 2},
        ]
        assert [(ran["sql"].split()[0], ran["rows"]) for ran in one["statements"]] == [("SELECT", 3), ("SELECT", 4)]
        assert all(ran["ms"] > 0 for ran in one["statements"])
        assert one["cost"] | {"totalMs": 0, "sqlMs": 0} == {
            "totalMs": 0, "sqlMs": 0, "statements": 2, "rows": 7, "objects": 10, "levels": 5
        }  # fmt: skip
    assert "extensions" not in (await client.post("/graphql", json=asked)).json()


async def test_explain_and_metrics_are_for_admins(client: httpx.AsyncClient, tmp_path: Path) -> None:
    database = Database(Settings(data_dir=tmp_path).url)
    token = await created_token(database, ORGANIZATION_ID, "m@x", ["workspace:read"])
    await database.close()
    headers = {"Authorization": f"Bearer {token}", "X-Workgraph-Explain": "1"}
    answer = await client.post("/graphql", json={"query": "{ viewer { email } }"}, headers=headers)
    assert answer.json() == {
        "data": {"viewer": {"email": "m@x"}},
        "extensions": {"explain": {"refused": "needs a token with the scope `admin`"}},
    }
    refused = await client.get("/metrics", headers=headers)
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (403, "PERMISSION_DENIED")
    assert (await client.get("/metrics", headers={"Authorization": ""})).status_code == 401


async def test_what_falls_back_is_counted_by_its_reason(client: httpx.AsyncClient) -> None:
    for name, query in QUERIES.items():
        await client.post("/graphql", json={"query": query, "variables": VARIABLES.get(name, {})})
    counted = (await client.get("/metrics")).text
    assert re.findall(r"^workgraph_fallbacks_total\{(.*)\} (.*)$", counted, re.MULTILINE) == [
        ('reason="introspection"', "1.0")
    ]


async def test_the_queries_of_the_benchmark_are_all_answered_breadth_first(client: httpx.AsyncClient) -> None:
    for query in queries(["W" * 23], list_rows=100):
        answer = await client.post("/graphql", json={"query": query.graphql, "variables": query.variables[0]})
        assert "errors" not in answer.json(), query.name
    assert "workgraph_fallbacks_total{" not in (await client.get("/metrics")).text


def test_caches_stay_within_their_bounds() -> None:
    most = CacheLimits(cached_documents=10, cached_document_bytes=100_000)
    limits = DocumentLimits(document_aliases=1_000, root_fields=1_000)
    documents, operations = Documents(limits, most), Operations(limits, most)
    schema = served_schema()._schema
    for number in range(50):
        document = documents.of(schema, f"{{ a{number}: __typename }}")
        operations.of(schema, document.operations[None], {})
    assert len(operations) == documents.count == 10
    assert sum(documents.known(f"{{ a{number}: __typename }}") is not None for number in range(50)) == 10
    large = "{ " + " ".join(f"b{number}: __typename" for number in range(500)) + " }"
    assert documents.of(schema, large).errors == []
    assert documents.known(large) is None  # larger than the whole cache


# ------------------------------------------------------------------------------ what a request cannot bring about


async def test_filters_leave_nothing_behind_in_the_caches(client: httpx.AsyncClient) -> None:
    query = "query ($name: String) { computers(filter: {name: {ne: $name}}) { nodes { id name } } tags { name } }"
    for number in range(3):
        await client.post("/graphql", json={"query": query, "variables": {"name": str(number)}})
    gc.collect()
    before = sum(isinstance(one, type) for one in gc.get_objects())
    for number in range(30):
        answer = await client.post("/graphql", json={"query": query, "variables": {"name": str(number)}})
        assert answer.json()["data"]["tags"]
    gc.collect()
    assert sum(isinstance(one, type) for one in gc.get_objects()) == before


async def test_fragments_that_lead_to_the_same_fields_in_many_ways_are_looked_at_once(
    client: httpx.AsyncClient,
) -> None:
    both = "computers { nodes { workspace { ...W%d } } edges { node { workspace { ...W%d } } } }"
    fragments = [f"fragment W{n} on Workspace {{ {both % (n + 1, n + 1)} }}" for n in range(24)]
    query = f'{{ workspace(id: "{"W" * 23}") {{ ...W0 }} }} {" ".join(fragments)} fragment W24 on Workspace {{ name }}'
    async with asyncio.timeout(5):  # it doubled with each of them
        answer = await client.post("/graphql", json={"query": query})
    assert answer.json() == {"data": {"workspace": None}}


async def test_an_answer_that_no_memory_holds_is_refused(client: httpx.AsyncClient) -> None:
    depth = 30
    query = "{ computers { nodes { " + "workspace { computers { nodes { " * depth + "id" + " } } }" * depth + " } } }"
    answer = await client.post("/graphql", json={"query": query})
    assert (answer.status_code, answer.json().keys()) == (400, {"errors"})
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "TOO_LARGE"
    assert error["message"] == "the answer would hold more than 1,000,000 objects; ask for less at once"


def test_plans_are_kept_within_bounds_whatever_the_conditions() -> None:
    schema = served_schema()._schema
    limits = DocumentLimits(
        document_tokens=20_000, document_aliases=1_000, root_fields=1_000, document_directives=1_000
    )
    documents, operations = Documents(limits), Operations(limits)
    conditions = " ".join(f"$v{number}: Boolean!" for number in range(6))
    fields = " ".join(f"a{number}: __typename @skip(if: $v{number % 6})" for number in range(1_000))
    text = f"query ({conditions}) {{ {fields} }}"
    document = documents.of(schema, text)
    operation = document.operation(schema, None, operations)
    assert operation is not None
    for number in range(64):
        given = {f"v{place}": bool(number >> place & 1) for place in range(6)}
        values = variable_values(schema, operation.node, operation.signatures, given)
        assert not isinstance(values, list)
        assert operation.planner(values, document.fragments, {}, None)
    assert 1 <= len(operations.planners) <= CacheLimits().cached_plan_bytes / (len(text) * BYTES_OF_PLAN)


async def test_odd_requests_are_refused_and_nothing_goes_wrong_inside(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    digits = "9" * 5_000
    answer = await client.post("/graphql", json={"query": f"{{ workspaces(first: {digits}) {{ totalCount }} }}"})
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["BAD_REQUEST"]
    headers = {"Authorization": "", "Cookie": "workgraph=x", "Origin": "http://["}
    answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert "Traceback" not in capsys.readouterr().err


async def test_a_body_is_read_only_for_those_who_may_ask(client: httpx.AsyncClient) -> None:
    read = []

    async def body() -> AsyncIterator[bytes]:
        for _ in range(3):
            read.append(1)
            yield b" " * 1_000

    headers = {"Authorization": "Bearer wg_wrong", "Content-Type": "application/json"}
    answer = await client.post("/graphql", content=body(), headers=headers)
    assert (answer.status_code, read) == (401, [])


async def test_a_client_that_goes_in_mid_body_gets_no_answer_and_no_log(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    app: Any = client._transport.app  # type: ignore[attr-defined]
    messages = [{"type": "http.request", "body": b'{"query"', "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"authorization", client.headers["authorization"].encode())]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": headers, "query_string": b""}
    await app(scope, receive, send)
    assert sent == []
    assert capsys.readouterr().err == ""
