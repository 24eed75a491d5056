"""The number of statements does not grow with the number of parents, and they read only what is selected:
for every relation of the schema, and for the whole cross-system query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, get_named_type
from sqlalchemy import update

from db.access import READ, WORKSPACE_WRITE_OWN, Viewer
from db.charts import charts
from db.documents import documents
from db.runs import runs
from db.sessions import sessions
from db.tags import tags, workspace_tags
from db.users import recipients
from db.workspaces import vai_workspaces
from resolvers.relations import ToMany, ToOne
from schema.build import GraphSchema
from schema.fields import BatchFeed, ColumnFeed, ItemFeed, MadeFeed, PageFeed, PartFeed, RecordFeed
from schema.selection import DEFINITION
from tests.conftest import ORGANIZATION_ID, Graph, Importer, fleet
from tests.test_pages import made_id, put

CROSS_SYSTEM = """
query ($first: Int!) {
  workspaces(first: $first) {
    nodes {
      name
      agents { nodes { name } }
      computers { nodes { name } }
      charts { nodes { title } }
      sessions { nodes { title messages(first: 2) { nodes { content } } } }
    }
  }
}
"""


async def test_the_cross_system_query_takes_as_many_statements_over_1000_workspaces_as_over_10(
    graph: Graph, importer: Importer, statements: list[str]
) -> None:
    await importer.lines(*fleet(workspaces=1_000, each=2))
    graph.limits = type(graph.limits)(page_ceiling=1_000)

    counts = []
    for first in (10, 1_000):
        statements.clear()
        data = await graph.data(CROSS_SYSTEM, first=first)
        assert len(data["workspaces"]["nodes"]) == first
        assert all(len(node["sessions"]["nodes"][1]["messages"]["nodes"]) == 2 for node in data["workspaces"]["nodes"])
        counts.append(len(statements))

    assert counts == [6, 6]  # the workspaces and five relations


# ------------------------------------------------------------------------------------ every relation of the schema


@dataclass(frozen=True)
class Relation:
    """A field that is read from the database by a key of its parent."""

    on: str
    name: str
    field: GraphQLField
    feed: BatchFeed | PageFeed

    @property
    def target(self) -> Any:
        """The type of the related rows; a scalar or an enum where no row is answered."""
        named: Any = get_named_type(self.field.type)
        return get_named_type(named.fields["nodes"].type) if isinstance(self.feed, PageFeed) else named

    def asked(self, inner: str) -> str:
        """The field with a selection on its rows."""
        if isinstance(self.feed, PageFeed):
            return f"{self.name}(first: 2) {{ nodes {{ {inner} }} totalCount }}"
        return f"{self.name} {{ {inner} }}" if isinstance(self.target, GraphQLObjectType) else self.name


# What is resolved by a function of its own, and by which test here it is covered.
BY_HAND = {
    "Query.node", "Query.nodes", "Query.lookup",
    "Query._entities", "Query._service",  # all of these: tests/test_nodes.py
    "Query.tags", "Query.sources",  # test_roots_that_are_no_connections_take_one_statement
    "Query.usage",  # tests/test_usage.py
    "Workspace.descendants", "Run.descendants",  # tests/test_lineage.py
    "Workspace.data", "Query.tableCandidates",  # tests/test_data_tables.py, tests/test_table_registry.py
    "Chart.data", "Chart.echartsOption", "Chart.svg",  # tests/test_chart_data.py, tests/test_chart_pictures.py
}  # fmt: skip


FIXED = {"Source", "Viewer", "UsageRow"}  # of which there are four and one, always, and tests/test_usage.py


def _fields(schema: GraphQLSchema) -> Iterator[tuple[str, str, GraphQLField, Any]]:
    for on, kind in schema.type_map.items():
        if isinstance(kind, GraphQLObjectType) and not on.startswith("__"):
            for name, field in kind.fields.items():
                yield on, name, field, getattr(field.extensions.get(DEFINITION), "feed", None)


def relations(schema: GraphQLSchema) -> dict[str, Relation]:
    """Every relation and connection, by `Type.field`; those at the root and of payloads left out."""
    return {
        f"{on}.{name}": Relation(on, name, field, feed)
        for on, name, field, feed in _fields(schema)
        if isinstance(feed, BatchFeed | PageFeed) and on != "Query" and not on.endswith("Payload")
    }


def leaves(kind: GraphQLObjectType) -> list[tuple[str, str]]:
    """The fields of a type that are columns of its row, each with the column."""
    found = []
    for name, field in kind.fields.items():
        definition: Any = field.extensions.get(DEFINITION)
        feed = getattr(definition, "feed", None)
        if isinstance(feed, ColumnFeed) and not isinstance(get_named_type(field.type), GraphQLObjectType):
            found.append((name, feed.column or definition.python_name))
    return found


def paths(schema: GraphQLSchema, known: dict[str, Relation]) -> dict[str, tuple[str, ...]]:
    """The shortest way of fields from the root to each type that has relations."""
    found: dict[str, tuple[str, ...]] = {}
    for _on, name, field, feed in _fields(schema):
        if _on == "Query" and isinstance(feed, PageFeed):
            page: Any = get_named_type(field.type)
            found[str(get_named_type(page.fields["nodes"].type))] = (name,)
    waiting = list(found)
    while waiting:
        on = waiting.pop(0)
        for relation in known.values():
            is_object = isinstance(relation.target, GraphQLObjectType)
            if relation.on == on and is_object and str(relation.target) not in found:
                found[str(relation.target)] = (*found[on], relation.name)
                waiting.append(str(relation.target))
    return found


def _query(path: tuple[str, ...], schema: GraphQLSchema, known: dict[str, Relation], inner: str) -> str:
    """The query that selects `inner` on the objects at the end of a path."""
    on, selection = "Query", "%s"
    for name in path:
        relation = known.get(f"{on}.{name}")
        is_page = relation is None or isinstance(relation.feed, PageFeed)
        rows = "first: $first" if relation is None else "first: 2"
        selection %= f"{name}({rows}) {{ nodes {{ %s }} }}" if is_page else f"{name} {{ %s }}"
        field = schema.type_map[on].fields[name]  # type: ignore[attr-defined]
        on = str(relation.target) if relation else str(get_named_type(get_named_type(field.type).fields["nodes"].type))
    return f"query ($first: Int!) {{ {selection % inner} }}"


def _at(value: Any, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The objects at the end of a path."""
    if isinstance(value, list):
        for one in value:
            yield from _at(one, path)
    elif isinstance(value, dict) and path:
        below = value[path[0]]
        yield from _at(below["nodes"] if isinstance(below, dict) and "nodes" in below else below, path[1:])
    elif isinstance(value, dict):
        yield value


async def _whole_fleet(graph: Graph, importer: Importer) -> None:
    """30 workspaces, with the relations that the documents of `fleet` do not name."""
    await importer.lines(*fleet(workspaces=30, each=2))
    data = await graph.data(
        "{ workspaces(first: 30) { nodes { id vai { externalId } owner { id } } } agents { nodes { id } } }"
    )
    own = []
    for number, node in enumerate(data["workspaces"]["nodes"]):
        tag = {"id": made_id("TAG", f"own {number}"), "name": f"own {number}", "slug": f"own-{number}", "system": "VAI"}
        part = made_id("WORKSPACE", node["vai"]["externalId"])
        own.append((tag, part, node["id"], node["owner"]["id"]))
    carried = [
        {"record_id": part, "id": tag["id"], "workspace_id": on, "tag_id": tag["id"]} for tag, part, on, _ in own
    ]
    people = [
        {"record_id": part, "id": f"WORKSPACE:{user}", "user_id": user, "via": "WORKSPACE"} for _, part, _, user in own
    ]
    await put(graph.database, tags, *(tag for tag, *_ in own))
    await put(graph.database, documents, *({"id": tag["id"], "system": "VAI", "kind": "TAG"} for tag, *_ in own))
    await put(graph.database, workspace_tags, *carried)
    await put(graph.database, recipients, *people)
    async with graph.database.writing() as connection:
        await connection.execute(update(charts).values(last_edited_by_id=charts.c.created_by_id))
        await connection.execute(update(runs).values(root_id=runs.c.parent_id, agent_id=made_id("AGENT", "spec-00000")))
        await connection.execute(update(sessions).values(shared_by_id=own[0][3]))
        await connection.execute(
            update(sessions).where(sessions.c.external_id.like("%-1")).values(agent_id=data["agents"]["nodes"][0]["id"])
        )
        await connection.execute(update(vai_workspaces).values(shared_by_id=own[0][3]))


def _is_there(value: Any) -> bool:
    return bool(value["nodes"] if isinstance(value, dict) and "nodes" in value else value)


async def test_every_relation_takes_as_many_statements_over_30_parents_as_over_3(
    graph: Graph, importer: Importer, statements: list[str]
) -> None:
    schema = graph.schema._schema
    known = relations(schema)
    ways = paths(schema, known)
    await _whole_fleet(graph, importer)
    graph.viewer = replace(graph.viewer, scopes=frozenset((READ, WORKSPACE_WRITE_OWN)))  # may do what depends on access
    assert len(known) > 40
    assert {relation.on for relation in known.values()} - ways.keys() == FIXED

    ran: dict[str, Any] = {}
    for name, relation in known.items():
        if relation.on in FIXED:
            continue
        path = ways[relation.on]
        inner = (
            " ".join(leaf for leaf, _ in leaves(relation.target))
            if isinstance(relation.target, GraphQLObjectType)
            else ""
        )
        counts, before = [], []
        for first in (3, 30):
            statements.clear()
            data = await graph.data(_query(path, schema, known, "__typename"), first=first)
            before.append(len(statements))
            statements.clear()
            data = await graph.data(_query(path, schema, known, relation.asked(inner or "__typename")), first=first)
            counts.append(len(statements))
            parents = list(_at(data, path))
            assert len(parents) >= first, name
        assert any(_is_there(parent[relation.name]) for parent in parents), f"{name} has nothing to read in this test"
        own = 2 if isinstance(relation.feed, PageFeed) else 1  # a connection's total is a statement of its own
        own -= _found_by(relation, path, known) is not None  # the way back to where it was found needs none
        ran[name] = (counts[0] - before[0], counts[1] - before[1], own)

    assert {name: counts for name, counts in ran.items() if len(set(counts)) != 1} == {}


def _found_by(relation: Relation, path: tuple[str, ...], known: dict[str, Relation]) -> Relation | None:
    """The relation at the end of the path, if this one leads back to the objects that it hangs on."""
    last = next((one for one in known.values() if one.name == path[-1] and str(one.target) == relation.on), None)
    if len(path) == 1 or last is None or not isinstance(relation.feed, BatchFeed) or not relation.feed.is_by_id:
        return None
    return last if last.feed.found_by == relation.feed.key and str(relation.target) == last.on else None


def test_every_field_is_a_column_a_relation_or_covered_by_name(schema: GraphSchema) -> None:
    plain = ColumnFeed | MadeFeed | PartFeed | ItemFeed | BatchFeed | PageFeed | RecordFeed
    without_a_feed = {
        f"{on}.{name}" for on, name, _field, feed in _fields(schema._schema) if not isinstance(feed, plain)
    }
    made = re.compile(r"(\w+Connection|\w+Edge|PageInfo|_Service|TablePage|TableColumn|TableCandidate)\.")
    in_memory = {name for name in without_a_feed if made.match(name)}
    mutations = {name for name in without_a_feed if name.startswith("Mutation.")}  # tests/test_mutations.py
    assert without_a_feed - in_memory - mutations == BY_HAND


async def test_every_relation_reads_the_selected_columns_and_the_keys_alone(
    graph: Graph, importer: Importer, statements: list[str]
) -> None:
    schema = graph.schema._schema
    known = relations(schema)
    ways = paths(schema, known)
    await _whole_fleet(graph, importer)

    read = {}
    for name, relation in known.items():
        if relation.on in FIXED or not isinstance(relation.target, GraphQLObjectType):
            continue
        for chosen in (leaves(relation.target)[:2], leaves(relation.target)[-2:]):
            statements.clear()
            await graph.data(
                _query(ways[relation.on], schema, known, relation.asked(" ".join(leaf for leaf, _ in chosen))), first=3
            )
            last = [one for one in statements if "count(" not in one][-1]
            found_by = _found_by(relation, ways[relation.on], known)
            expected = {column for _, column in chosen} | _keys_of(relation if found_by is None else found_by)
            read[name, str(chosen)] = set(re.findall(r"\.(\w+)", last)) - expected
    assert {name: columns for name, columns in read.items() if columns} == {}


def _keys_of(relation: Relation) -> set[str]:
    """The columns that find the rows of a relation and put them in order."""
    source: Any = relation.feed.connection if isinstance(relation.feed, PageFeed) else relation.feed.batch
    names = {"id", "organization_id", "value", "key", "rowid"}
    if isinstance(source, ToOne | ToMany) or isinstance(relation.feed, PageFeed):
        names |= {column.name for column in (source.match, source.pair) if column is not None}
        names |= {term.column for term in getattr(source, "order", ())}
    else:
        names |= {"record_id", "workspace_id"}  # shares_of_workspaces
        names |= {"parent_id", "root_id"}  # ancestors and roots
    return names | set(re.findall(r"\.(\w+)", str(getattr(source, "only", ""))))


async def test_what_is_not_selected_is_not_read(graph: Graph, importer: Importer, statements: list[str]) -> None:
    await importer.lines(*fleet(workspaces=3, each=2))
    asked = {
        "columns alone": "name status",
        "relations left out": "name owner @skip(if: true) { email } charts @include(if: $no) { nodes { id } }",
        "connections of which nothing is selected": "name charts { __typename } agents { __typename ... { __typename } }",
        "an object made of the same row": "name systems",
    }
    ran = {}
    for name, inner in asked.items():
        statements.clear()
        data = await graph.data(
            f"query ($no: Boolean = false) {{ workspaces(first: 30) {{ nodes {{ {inner} __typename @include(if: $no) }} }} }}"
        )
        assert len(data["workspaces"]["nodes"]) == 3
        ran[name] = len(statements)
    assert ran == dict.fromkeys(asked, 1)

    statements.clear()
    await graph.data("{ workspaces { nodes { name } } }")
    assert set(re.findall(r"workspaces\.(\w+)", statements[0])) == {"name", "id", "organization_id", "created_at"}


async def test_a_relation_selected_twice_is_read_once_and_with_other_arguments_for_each(
    graph: Graph, importer: Importer, statements: list[str]
) -> None:
    await importer.lines(*fleet(workspaces=3, each=2))
    statements.clear()
    data = await graph.data(
        """query { workspaces(first: 3) { nodes { ...A ...B b: owner { email firstName } } } }
        fragment A on Workspace { owner { email } charts(first: 1) { nodes { title } } }
        fragment B on Workspace { owner { firstName } charts(first: 1) { nodes { title position } totalCount } }"""
    )
    assert len(statements) == 4  # the workspaces, their owners, their charts and the charts' numbers
    assert all(node["owner"] == node["b"] for node in data["workspaces"]["nodes"])
    first = {"nodes": [{"title": "Chart 0", "position": 0}], "totalCount": 2}
    assert [node["charts"] for node in data["workspaces"]["nodes"]] == [first] * 3

    statements.clear()
    data = await graph.data(
        """{ workspaces(first: 2) { nodes {
            one: charts(first: 1) { nodes { title } }
            two: charts(last: 1) { nodes { title } }
            three: charts(filter: {title: {eq: "nothing"}}) { nodes { title } }
        } } }"""
    )
    each = {"one": {"nodes": [{"title": "Chart 0"}]}, "two": {"nodes": [{"title": "Chart 1"}]}, "three": {"nodes": []}}
    assert data["workspaces"]["nodes"] == [each] * 2
    assert len(statements) == 4


async def test_roots_that_are_no_connections_take_one_statement(
    graph: Graph, importer: Importer, statements: list[str]
) -> None:
    await importer.lines(*fleet(workspaces=3, each=2))
    ran = {}
    for query in (
        "{ tags { name slug } }",
        "{ sources { system recordCount } }",
        "{ sources { system answers(first: 1) { nodes { path } totalCount } } }",
    ):
        statements.clear()
        await graph.data(query)
        ran[query] = len(statements)
    assert list(ran.values()) == [1, 1, 3]
    statements.clear()
    await graph.data("{ tags { name slug } }")
    assert set(re.findall(r"tags\.(\w+)", statements[0])) == {"name", "slug", "id", "organization_id"}


async def test_the_viewer_takes_one_statement_for_all_its_users_and_reads_what_is_selected(
    graph: Graph, importer: Importer, statements: list[str]
) -> None:
    await importer.lines(*fleet(workspaces=30, each=1))
    people = await graph.data("{ workspaces(first: 30) { nodes { owner { id } } } }")
    ids = tuple(node["owner"]["id"] for node in people["workspaces"]["nodes"])
    counts = []
    for number in (3, 30):
        graph.viewer = Viewer(ORGANIZATION_ID, "N", "n@northwind.example", frozenset((READ,)), ids[:number])
        statements.clear()
        data = await graph.data("{ viewer { email organization { name } users { email } } }")
        counts.append(len(statements))
        assert len({user["email"] for user in data["viewer"]["users"]}) == number
    assert counts == [2, 2]
    of_users = next(one for one in statements if "FROM users" in one)
    assert set(re.findall(r"users\.(\w+)", of_users)) == {"email", "id", "organization_id"}
