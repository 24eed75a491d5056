"""The walk: one role asks all there is through one door after another, and is held to what the rules say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import update
from strawberry.types import ExecutionResult

from db.access import Viewer
from db.data_rows import DataColumn, DataTable, create_table, insert_rows, register, stored_table
from db.data_tables import table_candidates
from db.database import Database, refresh_statistics
from db.documents import documents
from errors import GatewayError
from execution.documents import Documents
from execution.limits import DocumentLimits
from gateway import served_schema
from resolvers.accounts import BEARER, Viewers, created_token, ensure_organization
from resolvers.context import Limits
from rest.importing import Summary, imported
from schema.build import GraphSchema
from tests.access import access_rules as rules
from tests.access.access_expected import Answer, Expected, Known, plain
from tests.access.access_rules import READER, Role
from tests.access.access_table import Spot, Table, count
from tests.access.access_world import HOMES, PEOPLE, SYSTEMS, World
from tests.conftest import Graph

OURS, THEIRS = "Northwind", "Elsewhere"
THEIR_TAG = "FOREIGN "
COLUMNS = (DataColumn("region", "c_1", "text"), DataColumn("units", "c_2", "integer"))
FAILED = ("own-vai/run-1", "hidden-vai/run-1", "hidden-vai/run-2")  # records of which the last refresh failed
CHUNK = 18  # aliased roots in one document; a request may hold 20


def roomy_schema() -> GraphSchema:
    """The served schema without limits on documents: the walk asks for all there is in a few documents."""
    sized = {one.name: 10**9 for one in fields(DocumentLimits) if not one.name.startswith("page_")}
    return served_schema(documents=Documents(DocumentLimits(**sized)))


class Asking(Graph):
    """A graph that keeps the documents that it is asked."""

    def __init__(self, database: Database, schema: GraphSchema, viewer: Viewer) -> None:
        super().__init__(database, schema, viewer)
        self.sent: list[tuple[str, Answer]] = []

    async def ask(self, query: str, **variables: Any) -> ExecutionResult:
        """The whole result, errors included."""
        self.sent.append((query, variables))
        return await super().ask(query, **variables)


@dataclass
class Stage:
    """Two organisations with the same records, other texts; and everybody's tokens."""

    database: Database
    schema: GraphSchema
    ours: World
    theirs: World
    tokens: dict[str, str]
    viewers: dict[str, Viewer]
    failed: tuple[str, ...] = FAILED

    def graph(self, role: Role) -> Asking:
        """The graph, asked by a role."""
        graph = Asking(self.database, self.schema, self.viewers[role.name])
        graph.limits = Limits(page_ceiling=1_000)
        return graph


async def staged(database: Database, folder: Path) -> dict[str, str]:
    """Sets the stage: two organisations, their records and tables; the tokens of all roles, by their names."""
    ours, theirs = worlds()
    for world in (ours, theirs):
        await ensure_organization(database, world.organization)
        await _imported(database, world, folder)
        await _tables(database, world)
    await refresh_statistics(database)
    tokens = {}
    for role in rules.ASKING:
        world, person = theirs if role.is_foreign else ours, str(role.person)
        known_as = {} if person == "reader" else world.known_as(person)
        tokens[role.name] = await created_token(
            database, world.organization_id, world.email(person), sorted(role.scopes), known_as=known_as, name=role.name
        )
    return tokens


@lru_cache(maxsize=1)
def worlds() -> tuple[World, World]:
    """Ours and theirs, which hold the same."""
    return World(OURS), World(THEIRS, THEIR_TAG)


async def stage_over(database: Database, schema: GraphSchema, tokens: dict[str, str]) -> Stage:
    """The stage that was set in a database."""
    viewers: dict[str, Viewer] = {}
    for name, token in tokens.items():
        viewer = await Viewers(database, 0).of(token, (BEARER,))
        assert viewer is not None
        viewers[name] = viewer
    return Stage(database, schema, *worlds(), tokens, viewers)


async def _imported(database: Database, world: World, folder: Path) -> None:
    path = folder / f"{world.organization}.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in world.lines))
    entries = [entry async for entry in imported(database, world.organization_id, [path], Summary())]
    assert [entry for entry in entries if entry.outcome == "refused"] == []


async def _tables(database: Database, world: World) -> None:
    """The tables of ours that workspaces stand on, and one that an operator registered."""
    async with database.writing() as connection:
        for mark in FAILED:
            meant = (documents.c.organization_id == world.organization_id) & (documents.c.id == world.id_of(mark))
            await connection.execute(update(documents).where(meant).values(last_error=world.text(mark)))
        for home in HOMES:
            if home.table == "snapshot":
                part = world.id("WORKSPACE", "VAI", f"{home.name}.vai")
                name = f"t_{world.organization}_{home.name}".lower().replace("-", "_")
                declared = DataTable(world.organization_id, part, f"table of {home.name}", name, COLUMNS, ("units",))
                table = stored_table(declared)
                await create_table(connection, table)
                rows = [{"c_1": world.text(home.name), "c_2": number} for number in range(2)]
                await insert_rows(connection, table, 1, rows)
                await register(connection, declared, len(rows), datetime.now(UTC))
        values = {
            "organization_id": world.organization_id, "scope": "organization", "name": world.text("candidate/table"),
            "source_type": "table", "database": "main", "sql_name": "organizations", "columns": [], "key": [],
            "can_write": False, "registered_at": datetime.now(UTC),
        }  # fmt: skip
        await connection.execute(table_candidates.insert(), [values])


@dataclass
class Walk:
    """A walk over the stage. `asked` counts, per door and role, the places that were asked; `wrong` has what was wrong."""

    stage: Stage
    table: Table
    base: dict[str, Answer] = field(default_factory=dict)
    roots: dict[str, Any] = field(default_factory=dict)  # what the reader is answered at the roots that tell of all
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    done: dict[str, bool] = field(default_factory=dict)  # by mutation whether it was done by anybody

    def __post_init__(self) -> None:
        self.known = Known(self.stage.ours)

    @property
    def reader(self) -> Graph:
        """The graph, asked by somebody who sees all that the organisation holds."""
        return self.stage.graph(READER)

    def expected(self, role: Role) -> Expected:
        """What a role is to be answered."""
        return Expected(self.table, self.known, role, self.base)

    async def learn(self) -> None:
        """Let the organisation's reader read all there is, by ids that the world tells."""
        graph = self.stage.graph(READER)
        for on in self.table.kinds:
            ids = self.ids(on)
            data = await graph.data(self.nodes_query(on), ids=ids)
            for record_id, node in zip(ids, data["nodes"], strict=True):
                if node is not None:
                    self.base[record_id] = {key: value for key, value in node.items() if key != "__typename"}
        for spot in (*self.table.list_spots.values(), *self.table.alone):
            self.roots[spot.name] = (await graph.data(f"{{ {spot.text} }}"))[spot.name]

    def external_ids(self, of: str) -> list[tuple[str, str, str]]:
        """System, external id and graph's id of the same."""
        world = self.stage.ours
        if of == "User":
            people = [(system, world.user(one, system)) for one in PEOPLE for system in SYSTEMS]
            return [(system, one, world.id("USER", system, one)) for system, one in people]
        if of == "Tag":
            return [
                ("VAI", one, world.id("TAG", "VAI", one))
                for one in ("tag-common", *(f"tag-{home.name}" for home in HOMES))
            ]
        kind = self.table.kinds[of]
        return [
            (one.system, one.external_id, world.id_of(mark)) for mark, one in world.records.items() if one.kind == kind
        ]

    def ids(self, of: str) -> list[str]:
        """Ids of all the records of a type in our world, deleted ones too; those of workspaces by each part."""
        return [one for _system, _external_id, one in self.external_ids(of)]

    def nodes_query(self, on: str) -> str:
        """All of the records of one type, by their ids."""
        return f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename ... on {on} {{ ...F{on} }} }} }}\n{self.table.fragment(on)}"

    @cached_property
    def our_ids(self) -> set[str]:
        """All ids of our records."""
        return {*self.base, *(one["id"] for one in self.base.values())}

    def note(self, role: Role, door: str, spots: Iterable[Spot]) -> None:
        """Count places that were asked."""
        self.asked[door, role.name] += count(spots)

    def hold(self, role: Role, door: str, what: str, answer: Any, expected: Any) -> None:
        """Note what is not as it should be."""
        got, wanted = plain(answer), plain(expected)
        if got != wanted:
            for path, one, other in differences(got, wanted):
                self.wrong.append(
                    f"{role.name}, {door}, {what}: {path} is {_short(one)}, and should be {_short(other)}"
                )
        if not role.is_foreign:
            for mark in self.known.hidden_in(role, answer):
                self.wrong.append(f"{role.name}, {door}, {what}: tells of «{mark}»")

    def records(self, role: Role, door: str, on: str, nodes: Sequence[Answer | None], ids: Sequence[str]) -> None:
        """Hold whole records to what is expected; `ids` are the ones asked for, in order."""
        expected = self.expected(role)
        for record_id, node in zip(ids, nodes, strict=True):
            told = None if node is None else {key: value for key, value in node.items() if key != "__typename"}
            is_there = record_id in self.base and self.known.sees_id(role, record_id)
            self.hold(role, door, record_id, told, expected.record(on, record_id) if is_there else None)
        self.note(role, door, self.table.spots[on])


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) < 300 else f"{text[:300]}…"


def differences(got: Any, wanted: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two answers differ."""
    if isinstance(got, dict) and isinstance(wanted, dict) and got.keys() == wanted.keys():
        for name in got:
            yield from differences(got[name], wanted[name], f"{path}.{name}")
    elif isinstance(got, list) and isinstance(wanted, list) and len(got) == len(wanted):
        for place, (one, other) in enumerate(zip(got, wanted, strict=True)):
            yield from differences(one, other, f"{path}[{place}]")
    elif got != wanted:
        yield path, got, wanted


def told_codes(result: Any) -> list[tuple[Any, str]]:
    """The path and the code of each error of a result; what is no error of ours is raised."""
    found = []
    for error in result.errors or ():
        cause = error.original_error
        if not isinstance(cause, GatewayError):
            raise error
        found.append((error.path, cause.code))
    return found
