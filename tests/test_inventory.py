"""Every response field of every seed endpoint: imported with a value of its own, found again in the graph, and
rendered back into the document that came in.

The fields are those of tests/rest_inventory.tsv. The query asks for every field of the graph that leads there.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_required_argument,
)

from db.access import READ
from rest.dialects import DIALECTS
from rest.render import rendered
from schema.build import GraphSchema
from tests.conftest import ORGANIZATION_ID, Graph, Importer, exchange, unlimited_schema

HERE = Path(__file__).parent
TOKEN_WORDS = {"[]": "", "}": "", "{": ""}

# REST names that the graph spells otherwise, by the end of their path: the GraphQL field that holds the value.
RENAMED = {
    ("aitasker", "integration_credentials[]"): "detail",
    ("aitasker", "hired_agent_id"): "externalId",
    ("aitasker", "hired_agent.user_id"): "externalId",
    ("aitasker", "POST user_id"): "externalId",
    ("aitasker", "hired_agent.status"): "sourceStatus",
    ("aitasker", "POST status"): "sourceStatus",
    ("vai", "spec.filters[]"): "document",
    ("orgo", "workspace_id"): "externalId",
    ("evershell", "role_id"): "externalId",
    ("vai", "workspaceId"): "externalId",
    ("vai", "threadId"): "externalId",
    ("vai", "agentSpecId"): "externalId",
    ("vai", "scope.workspaceId"): "workspaceId",
    ("vai", "agentSpec.lifecycleStatus"): "sourceStatus",
    ("vai", "lastEditedBy"): "externalId",
    ("vai", "recipientUserIds[]"): "externalId",
    ("vai", "boundTasks[].bindingId"): "bindingId",
    ("vai", "transcriptContent"): "content",
    ("vai", "transcriptRawData"): "rawData",
    ("vai", "transcriptUpdatedAt"): "updatedAt",
    ("vai", "workflowDocumentId"): "documentId",
    ("vai", "workflowDocumentTitle"): "documentTitle",
    ("vai", "workflowDocumentVersion"): "documentVersion",
    ("vai", "workflowDocumentVersionId"): "documentVersionId",
    ("vai", "workflowDocumentVersionLabel"): "documentVersionLabel",
    ("vai", "originThreadId"): "threadId",
    ("vai", "originRoomId"): "roomId",
    ("vai", "originRoomRunId"): "roomRunId",
}
# Endpoints whose answers are no records: they stand in `sources { answers { document } }` until operations come.
ANSWERS_ONLY = (
    "/table-candidates", "/data", "/data/cells",
)  # fmt: skip
# The numbers of a list page belong to the answer and not to a record.
PAGE_NUMBERS = {"hasNext", "total", "limit", "offset", "nextCursor"}


def _seed_fields() -> dict[tuple[str, str], list[dict[str, str]]]:
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    with (HERE / "rest_inventory.tsv").open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["direction"] == "response" and row["source"].startswith("seed:"):
                found.setdefault((row["system"], row["endpoint"]), []).append(row)
    return found


FIELDS = _seed_fields()


class Values:
    """A value of its own for each field."""

    def __init__(self) -> None:
        self.count = 0

    def of(self, kind: str, allowed: str, path: str) -> Any:
        self.count += 1
        words = [word.strip() for word in allowed.removeprefix("seen:").split(",") if word.strip() not in ("-", "")]
        if path.endswith("spec.v"):
            return 1
        if kind == "boolean":
            return True
        if kind in ("number", "integer"):
            return 1_000 + self.count
        if kind == "string(date-time)":
            return f"2026-03-{self.count // 1_440 % 28 + 1:02d}T{self.count // 60 % 24:02d}:{self.count % 60:02d}:00Z"
        if kind == "object":
            return {f"key{self.count}": f"value {self.count}"}
        if kind == "array<string>":
            return [f"item {self.count}"]
        if kind == "any":
            return f"any {self.count}"
        return words[0] if words else f"{path.rpartition('.')[2]} {self.count}"


def _document(rows: list[dict[str, str]]) -> tuple[Any, list[tuple[str, Any]]]:
    """A document with a value in every field, and the leaves: field path and value."""
    values, leaves, document = Values(), [], {}
    paths = [row["field_path"] for row in rows]
    for row in rows:
        path, kind = row["field_path"], row["type"]
        has_members = any(other.startswith((f"{path}.", f"{path}[]")) for other in paths if other != path)
        if has_members:
            continue
        value = values.of(kind.replace("array<object>", "object"), row["allowed_values"], path)
        parent, name = _parent(document, path)
        parent[name] = [value] if kind == "array<object>" else value
        leaves.append(
            (path + ("[]" if kind.startswith("array") else ""), value[0] if kind == "array<string>" else value)
        )
    return document, leaves


def _parent(document: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    *steps, name = path.split(".")
    for step in steps:
        key = step.removesuffix("[]")
        child = document.setdefault(key, [{}] if step.endswith("[]") else {})
        document = child[0] if isinstance(child, list) else child
    return document, name


# What is computed of a table, which no document holds: tests/test_chart_data.py, tests/test_chart_pictures.py.
COMPUTED = {("Chart", "data"), ("Chart", "echartsOption"), ("Chart", "svg")}


@pytest.fixture(scope="module")
def schema() -> GraphSchema:
    """The schema, which takes a query for everything at once here."""
    return unlimited_schema()


def _everything(schema: GraphSchema) -> str:
    """A query for every field of the graph that is reached from the roots' lists."""
    query = schema._schema.query_type
    assert query is not None
    roots = ("workspaces", "agents", "computers", "charts", "sessions", "runs", "tags", "sources")
    selected = " ".join(f"{name} {_selection(query.fields[name].type, ())}" for name in roots)
    return f"{{ {selected} }}"


def _selection(of: GraphQLOutputType, above: tuple[str, ...]) -> str:
    kind = get_named_type(of)
    if not isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
        return ""
    parts = []
    for name, field in kind.fields.items():
        if (kind.name, name) in COMPUTED:
            continue
        inner = get_named_type(field.type)
        if isinstance(inner, (GraphQLObjectType, GraphQLInterfaceType)):
            is_page = inner.name.endswith("Connection")
            noun = inner.name.removesuffix("Connection")
            deep = len([one for one in above if not one.endswith(("Connection", "Edge"))]) >= 2
            if inner.name in above or noun in above or (deep and name in ("workspace", "workspaces", "sessions")):
                continue
            if name == "edges" or any(is_required_argument(argument) for argument in field.args.values()):
                continue
            if is_page and len(above) > 4:
                continue
        parts.append(f"{name} {_selection(field.type, (*above, kind.name))}".strip())
    return f"{{ {' '.join(parts)} }}"


def _found(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every (field, value) of an answer; JSON values also as a whole."""
    if isinstance(value, dict):
        yield name, value
        for key, item in value.items():
            yield from _found(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _found(item, name)
    else:
        yield name, value.upper() if isinstance(value, str) else value


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _graph_name(system: str, endpoint: str, path: str) -> str:
    method = endpoint.split(" ", maxsplit=1)[0]
    for key in (f"{method} {path}", path, ".".join(path.split(".")[-2:]), path.rsplit(".", maxsplit=1)[-1]):
        if (system, key) in RENAMED:
            return RENAMED[system, key]
    name = path.rsplit(".", maxsplit=1)[-1].removesuffix("[]")
    if name == "viewerAccess" and "sessions" in endpoint:
        return "sourceViewerAccess"
    if name == "id" and "steps[]" in path:
        return "id"
    if name in ("id", "createdBy") and not (name == "createdBy" and "messages" in endpoint):
        return "externalId"
    if (system, endpoint.rsplit("/", maxsplit=1)[-1]) == ("vai", "{run_id}") and path == "status":
        return "sourceStatus"
    return _camel(name)


def test_the_inventory_names_every_seed_endpoint() -> None:
    with_answers = {
        (dialect.system.lower(), endpoint.name)
        for dialect in DIALECTS.values()
        for endpoint in dialect.endpoints
        if endpoint.response is not None
    }
    assert set(FIELDS) <= with_answers
    assert Counter(system for system, _ in FIELDS) == {"aitasker": 2, "orgo": 1, "vai": 27, "evershell": 1}


@pytest.mark.parametrize(("system", "endpoint"), FIELDS, ids=[" ".join(key) for key in FIELDS])
async def test_every_response_field_is_found_in_the_graph_and_rendered_back(
    system: str, endpoint: str, importer: Importer, graph: Graph
) -> None:
    method, template = endpoint.split(" ")
    path = "/".join(f"path-{part[1:-1]}" if part.startswith("{") else part for part in template.split("/"))
    document, leaves = _document(FIELDS[system, endpoint])

    entries = await importer.lines(exchange(system, f"{method} {path}", document))
    assert [(entry.outcome, entry.problems) for entry in entries] == [("kept", [])] or endpoint.endswith(ANSWERS_ONLY)

    assert await rendered(graph.database, ORGANIZATION_ID, system.upper(), method, path) == document
    graph.viewer = replace(graph.viewer, scopes=frozenset((READ, "billing:read")))
    data = await graph.data(_everything(graph.schema))
    answered = [answer for source in data["sources"] for answer in source["answers"]["nodes"]]
    assert [answer["document"] for answer in answered] == [document]
    data["sources"] = []
    without_documents = list(_found(_without_documents(data)))
    missing = []
    for field_path, value in leaves:
        if endpoint.endswith(ANSWERS_ONLY) or "data" in endpoint.rsplit("/", 1)[-1] or field_path in PAGE_NUMBERS:
            continue
        expected = (_graph_name(system, endpoint, field_path), value.upper() if isinstance(value, str) else value)
        if expected not in without_documents:
            missing.append((field_path, expected))
    assert missing == []


def _without_documents(value: Any) -> Any:
    """An answer without the documents as they came, where every value stands anyway."""
    if isinstance(value, dict):
        return {key: _without_documents(item) for key, item in value.items() if key not in {"source", "sources"}}
    return [_without_documents(item) for item in value] if isinstance(value, list) else value


async def test_a_rendered_list_shows_what_came_in_later_by_another_call(importer: Importer, graph: Graph) -> None:
    listed = {"workspaces": [{"id": "w", "name": "old", "computer_count": 1, "unknown": [1]}]}
    await importer.lines(
        exchange("orgo", "GET /workspaces", listed, at="2026-11-01T10:00:00Z"),
        exchange("orgo", "GET /workspaces/w", {"id": "w", "name": "new", "icon_url": None}, at="2026-11-02T10:00:00Z"),
    )

    assert await rendered(graph.database, ORGANIZATION_ID, "ORGO", "GET", "/workspaces") == {
        "workspaces": [{"id": "w", "name": "new", "computer_count": 1, "unknown": [1]}]
    }
    with pytest.raises(LookupError, match="no answer of GET /workspaces/other was recorded"):
        await rendered(graph.database, ORGANIZATION_ID, "ORGO", "GET", "/workspaces/other")
