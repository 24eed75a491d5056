"""Ariadne over the ORM and loaders of the stock Strawberry peer; documents are parsed and validated once; orjson."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson
from ariadne import ObjectType, ScalarType, load_schema_from_path, make_executable_schema
from ariadne.asgi import GraphQL
from ariadne.asgi.handlers import GraphQLHTTPHandler
from graphql import DocumentNode, GraphQLError, GraphQLSchema, parse, validate
from starlette.requests import Request
from starlette.responses import Response

from bench.peers.loaders import Loaders
from bench.peers.orm import organization_of, written

CACHED_DOCUMENTS = 500
SCHEMA = load_schema_from_path(str(Path(__file__).parent / "schema.graphql"))

query = ObjectType("Query")
workspace = ObjectType("Workspace")
computer = ObjectType("Computer")
chart = ObjectType("Chart")
session = ObjectType("Session")
moment = ScalarType("DateTime", serializer=written)


@query.field("workspace")
def workspace_by_id(_root: Any, info: Any, id: str) -> Any:  # noqa: A002 - the graph's name
    return info.context["loaders"].workspace.load(id)


@query.field("workspaces")
def newest_workspaces(_root: Any, info: Any, first: int) -> Any:
    return info.context["loaders"].newest_workspaces(first)


@query.field("computers")
def oldest_computers(_root: Any, info: Any, first: int) -> Any:
    return info.context["loaders"].oldest_computers(first)


@workspace.field("agents")
def agents_of_workspace(parent: Any, info: Any) -> Any:
    return info.context["loaders"].agents.load(parent.id)


@workspace.field("computers")
def computers_of_workspace(parent: Any, info: Any) -> Any:
    return info.context["loaders"].computers.load(parent.id)


@workspace.field("charts")
def charts_of_workspace(parent: Any, info: Any) -> Any:
    return info.context["loaders"].charts.load(parent.id)


@workspace.field("sessions")
def sessions_of_workspace(parent: Any, info: Any) -> Any:
    return info.context["loaders"].sessions.load(parent.id)


@computer.field("workspace")
def workspace_of_computer(parent: Any, info: Any) -> Any:
    return info.context["loaders"].workspace.load(parent.workspace_id) if parent.workspace_id else None


@chart.field("createdBy")
def author_of_chart(parent: Any, info: Any) -> Any:
    return info.context["loaders"].user.load(parent.created_by_id) if parent.created_by_id else None


@session.field("agent")
def agent_of_session(parent: Any, info: Any) -> Any:
    return info.context["loaders"].agent.load(parent.agent_id) if parent.agent_id else None


@session.field("messages")
def messages_of_session(parent: Any, info: Any, first: int) -> Any:
    return info.context["loaders"].messages(first).load(parent.id)


class Handler(GraphQLHTTPHandler):
    """Ariadne's handler with orjson."""

    async def extract_data_from_json_request(self, request: Request) -> Any:
        return orjson.loads(await request.body())

    async def create_json_response(self, request: Request, result: dict[str, Any], success: bool) -> Response:
        status = HTTPStatus.OK if success else HTTPStatus.BAD_REQUEST
        return Response(orjson.dumps(result), status, media_type="application/json")


@lru_cache(CACHED_DOCUMENTS)
def parsed(text: str) -> DocumentNode:
    """A query's document; the same object for the same text, so that what was found valid is known again."""
    return parse(text)


_valid: set[int] = set()  # documents, by identity; `parsed` keeps them


def validated(schema: GraphQLSchema, document: DocumentNode, *args: Any, **options: Any) -> Collection[GraphQLError]:
    """What is wrong with a document, asked once."""
    if id(document) in _valid:
        return []
    errors = validate(schema, document)
    if not errors:
        _valid.add(id(document))
    return errors


async def context(request: Request, _data: dict[str, Any]) -> dict[str, Any]:
    """The context of a request, whose token says which rows are seen."""
    organization_id = await organization_of(request.headers["authorization"])
    return {"request": request, "loaders": Loaders(organization_id, lambda nodes: {"nodes": nodes})}


schema = make_executable_schema(SCHEMA, query, workspace, computer, chart, session, moment, convert_names_case=True)
app = GraphQL(
    schema,
    context_value=context,
    query_parser=lambda _context, data: parsed(data["query"]),
    query_validator=validated,
    http_handler=Handler(),
)
