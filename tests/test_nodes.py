"""Records by id: `node`, `nodes`, `lookup`, the roots by id, old ids after linking, and the federation's `_entities`."""

from __future__ import annotations

import copy
import re
from typing import Any

from graphql import parse
from strawberry.types import ExecutionResult

from db.access import READ, Viewer
from db.ids import id_of, organization_id_of
from errors import GatewayError
from schema.query import KINDS_BY_TYPE
from tests.conftest import ORGANIZATION_ID, Graph, Importer, exchange, fleet

# A record of each kind that `fleet` makes: its type, its system, its own id there.
RECORDS = {
    "WORKSPACE": ("Workspace", "VAI", "v-00000"), "AGENT": ("Agent", "AITASKER", "agent-00000"),
    "COMPUTER": ("Computer", "ORGO", "c-00000-1"), "CHART": ("Chart", "VAI", "h-00000-1"),
    "SESSION": ("Session", "VAI", "s-00000-1"), "MESSAGE": ("Message", "VAI", "m-s-00000-1-0"),
    "RUN": ("Run", "VAI", "r-00000-1"), "TAG": ("Tag", "VAI", "tag-1"), "USER": ("User", "VAI", "person-00000"),
}  # fmt: skip
BY_ID = ("workspace", "agent", "computer", "chart", "session", "run")


def _id(kind: str, system: str, external_id: str, organization_id: str = ORGANIZATION_ID) -> str:
    return id_of(kind, organization_id, system, external_id)


IDS = {kind: _id(kind, system, external_id) for kind, (_type, system, external_id) in RECORDS.items()}


async def test_every_record_is_found_by_node_nodes_lookup_and_the_root_of_its_kind(
    graph: Graph, importer: Importer
) -> None:
    await importer.lines(*fleet(workspaces=1, each=2))
    unified = (await graph.data("{ workspaces { nodes { id } } }"))["workspaces"]["nodes"][0]["id"]
    expected = {kind: {"__typename": RECORDS[kind][0], "id": IDS[kind]} for kind in RECORDS}
    expected["WORKSPACE"]["id"] = unified
    assert RECORDS.keys() == set(KINDS_BY_TYPE.values())

    by_node, by_lookup, by_root = {}, {}, {}
    for kind, (_type, system, external_id) in RECORDS.items():
        data = await graph.data("query ($id: ID!) { node(id: $id) { __typename id } }", id=IDS[kind])
        by_node[kind] = data["node"]
        data = await graph.data(
            "query ($system: System!, $type: RecordType!, $id: String!) "
            "{ lookup(system: $system, type: $type, externalId: $id) { __typename id } }",
            system=system, type=kind, id=external_id,
        )  # fmt: skip
        by_lookup[kind] = data["lookup"]
    for name in BY_ID:
        data = await graph.data(f"query ($id: ID!) {{ {name}(id: $id) {{ __typename id }} }}", id=IDS[name.upper()])
        by_root[name] = data[name]
    ids = [*reversed(IDS.values()), "W" + "x" * 22, IDS["CHART"]]
    by_nodes = (await graph.data("query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", ids=ids))["nodes"]

    assert by_node == by_lookup == expected
    assert by_root == {name: expected[name.upper()] for name in BY_ID}
    assert by_nodes == [*reversed(expected.values()), None, expected["CHART"]]


async def test_nodes_take_one_statement_for_each_kind_and_read_what_is_selected_of_it(
    graph: Graph, importer: Importer, statements: list[str]
) -> None:
    await importer.lines(*fleet(workspaces=10, each=3))
    ids = [_id("CHART", "VAI", f"h-{n:05d}-{k}") for n in range(10) for k in range(3)]
    ids += [_id("COMPUTER", "ORGO", f"c-{n:05d}-{k}") for n in range(10) for k in range(3)]
    statements.clear()

    data = await graph.data(
        """query ($ids: [ID!]!) { nodes(ids: $ids) {
            id ... on Chart { title } ... on Computer { name } ... on Record { externalId }
        } }""",
        ids=ids,
    )

    assert [node["id"] for node in data["nodes"]] == ids
    assert {node.get("title") or node["name"] for node in data["nodes"]} == {
        f"{noun} {n}" for noun in ("Chart", "computer") for n in range(3)
    }
    assert len(statements) == 2
    read = [set(re.findall(r"(?:charts|computers)\.(\w+)", one)) for one in statements]
    assert read == [{"id", "organization_id", "title", "external_id"}, {"id", "organization_id", "name", "external_id"}]


NO_IDS = {
    "empty": "", "a letter": "W", "words": "no id at all", "of no kind": "x" * 23, "too short": IDS["WORKSPACE"][:-1],
    "too long": IDS["WORKSPACE"] + "A", "in other letters": "W" + "é" * 22, "with NUL": "W" + "\0" * 22,
    "half a surrogate pair": "W\ud800" + "x" * 21, "SQL": "W' OR 1=1 -- xxxxxxxxxxx", "a line more": IDS["WORKSPACE"] + "\n",
    "in small letters": IDS["WORKSPACE"].lower(), "huge": "W" * 1_000_000, "external": "v-00000",
    "of a kind that is no record": _id("ACTIVITY", "VAI", "act-00000-0"),
    "of an organisation": ORGANIZATION_ID, "unknown": _id("WORKSPACE", "VAI", "nothing"),
    "of another organisation": _id("WORKSPACE", "VAI", "v-00000", organization_id_of("Elsewhere")),
}  # fmt: skip


async def test_what_is_no_id_and_ids_of_other_kinds_are_null_everywhere(graph: Graph, importer: Importer) -> None:
    await importer.lines(*fleet(workspaces=1, each=2))
    elsewhere = organization_id_of("Elsewhere")
    viewer, graph.viewer = graph.viewer, Viewer(elsewhere, "N", "n@elsewhere.example", frozenset((READ,)))
    assert (await graph.data("{ workspaces { totalCount } }"))["workspaces"] == {"totalCount": 0}
    foreign = [IDS[kind] for kind in RECORDS]
    data = await graph.data("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=foreign)
    assert data["nodes"] == [None] * len(foreign)
    graph.viewer = viewer

    fields = " ".join(f"{name}(id: $id) {{ id }}" for name in (*BY_ID, "node"))
    found = {}
    for name, bad in NO_IDS.items():
        data = await graph.data(f"query ($id: ID!) {{ {fields} nodes(ids: [$id]) {{ id }} }}", id=bad)
        found[name] = [kind for kind, value in data.items() if value not in (None, [None])]
    assert found == {name: [] for name in NO_IDS}

    others = {}
    for kind, one in IDS.items():
        data = await graph.data(f"query ($id: ID!) {{ {fields} }}", id=one)
        others[kind] = sorted(name for name, value in data.items() if value)
    assert others == {kind: sorted({"node", *(name for name in BY_ID if name.upper() == kind)}) for kind in IDS}

    for external_id in ("", "nothing", "\0", "\ud800", "x" * 100_000, "v-00000 "):
        data = await graph.data(
            "query ($id: String!) { lookup(system: VAI, type: WORKSPACE, externalId: $id) { id } }", id=external_id
        )
        assert data == {"lookup": None}
    data = await graph.data('{ lookup(system: ORGO, type: WORKSPACE, externalId: "v-00000") { id } }')
    assert data == {"lookup": None}


async def test_after_linking_every_old_id_answers_the_joined_workspace(graph: Graph, importer: Importer) -> None:
    await importer.lines(
        exchange("vai", "GET /api/v1/workspaces/v", {"workspace": {"id": "v", "title": "Joined"}}),
        exchange("orgo", "GET /workspaces/o", {"id": "o", "name": "Folder", "computers": [{"id": "c", "name": "c"}]}),
        exchange(
            "aitasker", "GET /api/v1/workspaces/a", {"id": "a", "name": "Desk", "hired_agent_id": "g", "user_id": "u"}
        ),
    )
    old = {
        "VAI": _id("WORKSPACE", "VAI", "v"),
        "ORGO": _id("WORKSPACE", "ORGO", "o"),
        "AITASKER": _id("WORKSPACE", "AITASKER", "a"),
    }
    query = """query ($id: ID!, $ids: [ID!]!, $it: [_Any!]!) {
        workspace(id: $id) { id name systems computers { nodes { name } } }
        node(id: $id) { id } nodes(ids: $ids) { id }
        _entities(representations: $it) { ... on Workspace { id name } }
        workspaces { totalCount }
    }"""
    before = {
        system: (await graph.data(query, id=one, ids=[], it=[]))["workspace"]["name"] for system, one in old.items()
    }
    assert before == {"VAI": "Joined", "ORGO": "Folder", "AITASKER": "Desk"}

    await importer.lines({"link": [["vai", "v"], ["orgo", "o"], ["aitasker", "a"]]})

    answers = []
    for one in old.values():
        it = [{"__typename": "Workspace", "id": each} for each in old.values()]
        answers.append(await graph.data(query, id=one, ids=list(old.values()), it=it))
    joined = answers[0]["workspace"]["id"]
    assert joined in old.values()
    assert answers == [
        {
            "workspace": {
                "id": joined, "name": "Joined", "systems": ["AITASKER", "ORGO", "VAI"],
                "computers": {"nodes": [{"name": "c"}]},
            },
            "node": {"id": joined},
            "nodes": [{"id": joined}] * 3,
            "_entities": [{"id": joined, "name": "Joined"}] * 3,
            "workspaces": {"totalCount": 1},
        }
    ] * 3  # fmt: skip
    for system, name in (("VAI", "v"), ("ORGO", "o"), ("AITASKER", "a")):
        data = await graph.data(f'{{ lookup(system: {system}, type: WORKSPACE, externalId: "{name}") {{ id }} }}')
        assert data == {"lookup": {"id": joined}}


# ------------------------------------------------------------------------------------------------------- federation

ENTITIES = """query ($them: [_Any!]!) { _entities(representations: $them) {
    __typename
    ... on Workspace { id name } ... on Agent { id } ... on Chart { id title } ... on Computer { id }
    ... on Session { id } ... on Message { id } ... on Run { id } ... on Tag { id } ... on User { id email }
} }"""


def _errors(result: ExecutionResult) -> list[tuple[list[str | int] | None, str, str]]:
    found = []
    for error in result.errors or ():
        assert isinstance(error.original_error, GatewayError), error
        found.append((error.path, error.original_error.code, str(error.original_error)))
    return sorted(found, key=str)


async def test_100_entities_of_mixed_types_take_a_statement_for_each_type_and_leave_the_variables_alone(
    graph: Graph, importer: Importer, statements: list[str]
) -> None:
    await importer.lines(*fleet(workspaces=9, each=2))
    them = []
    for number in range(100):
        kind = list(RECORDS)[number % len(RECORDS)]
        name, system, external_id = RECORDS[kind]
        one = _id(kind, system, external_id.replace("00000", f"{number // len(RECORDS) % 9:05d}"))
        them.append({"__typename": name, "id": one})
    given = copy.deepcopy(them)
    statements.clear()

    data = await graph.data(ENTITIES, them=them)

    assert them == given
    assert len(statements) == len(RECORDS)
    found = data["_entities"]
    assert [one["__typename"] for one in found] == [one["__typename"] for one in given]
    assert [one["id"] for one in found if one["__typename"] != "Workspace"] == [
        one["id"] for one in given if one["__typename"] != "Workspace"
    ]
    names = [one["name"] for one in found if one["__typename"] == "Workspace"]
    assert names == [f"Workspace {number % 9:05d}" for number in range(len(names))]


async def test_a_wrong_representation_is_an_error_in_its_place_alone(graph: Graph, importer: Importer) -> None:
    await importer.lines(*fleet(workspaces=1, each=2))
    wrong: dict[str, tuple[Any, str, str]] = {
        "text": ("Workspace", "BAD_ARGUMENT", "a representation is an object with `__typename` and `id`"),
        "a list": ([1], "BAD_ARGUMENT", "a representation is an object with `__typename` and `id`"),
        "no type": ({"id": IDS["CHART"]}, "BAD_ARGUMENT", "a representation is an object with `__typename` and `id`"),
        "a number as type": (
            {"__typename": 5, "id": "x"},
            "BAD_ARGUMENT",
            "a representation is an object with `__typename` and `id`",
        ),
        "no entity": ({"__typename": "Share", "id": "x"}, "BAD_ARGUMENT", "Share is no entity of this subgraph"),
        "no type at all": (
            {"__typename": "Nothing", "id": "x"},
            "BAD_ARGUMENT",
            "Nothing is no entity of this subgraph",
        ),
        "no id": (
            {"__typename": "Chart"},
            "BAD_ID",
            "a representation's `id` is the text that `id` of the same type answered",
        ),
        "a number as id": (
            {"__typename": "Chart", "id": 5},
            "BAD_ID",
            "a representation's `id` is the text that `id` of the same type answered",
        ),
        "null as id": (
            {"__typename": "Chart", "id": None},
            "BAD_ID",
            "a representation's `id` is the text that `id` of the same type answered",
        ),
    }
    chart = {"__typename": "Chart", "id": IDS["CHART"]}
    missing = [
        {"__typename": "Chart", "id": IDS["AGENT"]}, {"__typename": "Chart", "id": _id("CHART", "VAI", "nothing")},
        {"__typename": "Chart", "id": ""}, {"__typename": "Chart", "id": "H\0" + "x" * 21},
    ]  # fmt: skip
    them = [value for value, _code, _message in wrong.values()]
    told = [(code, message) for _value, code, message in wrong.values()]

    result = await graph.ask(ENTITIES, them=[chart, *them, *missing, chart])

    answered = {"__typename": "Chart", "id": IDS["CHART"], "title": "Chart 1"}
    assert result.data == {"_entities": [answered, *[None] * len(them), *[None] * len(missing), answered]}
    assert _errors(result) == sorted(
        ((["_entities", place], code, message) for place, (code, message) in enumerate(told, 1)), key=str
    )


async def test_entities_of_another_organisation_are_null(graph: Graph, importer: Importer) -> None:
    await importer.lines(*fleet(workspaces=1, each=2))
    graph.viewer = Viewer(organization_id_of("Elsewhere"), "N", "n@elsewhere.example", frozenset((READ,)))
    them = [{"__typename": RECORDS[kind][0], "id": one} for kind, one in IDS.items()]
    assert await graph.data(ENTITIES, them=them) == {"_entities": [None] * len(them)}


async def test_an_entity_may_carry_more_than_its_key(graph: Graph, importer: Importer) -> None:
    await importer.lines(*fleet(workspaces=1, each=2))
    them = [{"__typename": "Chart", "id": IDS["CHART"], "title": "as another subgraph calls it", "position": [1]}]
    data = await graph.data(ENTITIES, them=them)
    assert data == {"_entities": [{"__typename": "Chart", "id": IDS["CHART"], "title": "Chart 1"}]}
    assert (await graph.data(ENTITIES, them=[])) == {"_entities": []}


async def test_the_subgraph_tells_its_entities_to_composers_up_to_version_2_9(graph: Graph) -> None:
    sdl = (await graph.data("{ _service { sdl } }"))["_service"]["sdl"]

    parse(sdl)
    (version,) = re.findall(r'@link\(url: "https://specs\.apollo\.dev/federation/v2\.(\d+)"', sdl)
    assert int(version) <= 9
    entities = dict(re.findall(r'^type (\w+) [^{]*@key\(fields: "(\w+)"\)', sdl, re.MULTILINE))
    assert entities == dict.fromkeys(KINDS_BY_TYPE, "id")
    assert re.findall(r"^type (\w+) [^{]*@shareable", sdl, re.MULTILINE) == ["PageInfo"]
    imported = re.search(r'federation/v2\.\d+", import: \[([^\]]*)\]', sdl)
    assert imported
    assert set(re.findall(r'"(@\w+)"', imported[1])) == {
        "@authenticated", "@cost", "@key", "@listSize", "@requiresScopes", "@shareable"
    }  # fmt: skip
