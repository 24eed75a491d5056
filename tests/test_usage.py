"""Use of runs: exact sums on both databases, by every key, filtered, ordered, cut, and for those who may see the runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from db.access import READ, Viewer
from db.agents import agents
from db.costs import exact_cost
from db.ids import organization_id_of
from db.runs import runs
from db.workspaces import workspaces
from tests.conftest import ORGANIZATION_ID, Graph, Importer, exchange
from tests.test_pages import failures, made_id, put

WRITTEN = {
    "0.30": "0.3", "3e-1": "0.3", 0.1: "0.1", 12: "12", 1e22: "10000000000000000000000", "-0.0": "0", ".5": "0.5",
    "5.": "5", " 2 ": "2", "1e99": "1" + "0" * 99, "0.000000000000000000000000000001": "0." + "0" * 29 + "1",
    "12345678901234567890.12345678901234567890": "12345678901234567890.1234567890123456789",
    "": None, "free": None, "$3": None, "1_000": None, "nan": None, "Infinity": None, "1e100": None, "1e-101": None,
    "٣": None, "0x1": None, "1,5": None,
}  # fmt: skip


@pytest.mark.parametrize("said", WRITTEN, ids=repr)
def test_a_cost_has_one_form_and_what_is_no_decimal_is_none(said: Any) -> None:
    assert exact_cost(said) == WRITTEN[said]


def test_truths_lists_and_nothing_are_no_costs() -> None:
    assert [exact_cost(said) for said in (None, True, False, [], {}, float("nan"), float("inf"))] == [None] * 7


def run(number: object, **values: Any) -> dict[str, Any]:
    """A row of a run."""
    return {"id": made_id("RUN", number), "system": "VAI", "external_id": str(number), "status": "SUCCEEDED"} | values


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T00:00:00+00:00")


async def cost_of_all(graph: Graph) -> str | None:
    cost: str | None = (await graph.data("{ usage { totals { cost } } }"))["usage"]["totals"]["cost"]
    return cost


EXACT_SUMS: dict[str, tuple[Sequence[str], str]] = {
    "tenths": (["0.1", "0.2"], "0.3"),
    "thirty digits": (["123456789012345678.123456789012", "0.000000000000000000000000000001"],
                      "123456789012345678.123456789012000000000000000001"),
    "large and small, which doubles lose": (["1e16", "1", "-1e16"], "1"),
    "at the edge of what SQLite adds up by itself": (["9223372.036854775807", "0.000000000001"], "9223372.036854775808"),
    "over the edge": (["9223372.036854775807"] * 3, "27670116.110564327421"),
    "below zero": (["-0.000000000001", "-9223372.036854775807"], "-9223372.036854775808"),
    "both kinds": (["0.5", "0.0000000000005", "-0.25"], "0.2500000000005"),
    "nothing": (["0", "0.00"], "0"),
    "a hundred digits": (["9" * 100, "1"], "1" + "0" * 100),
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT_SUMS)
async def test_sums_of_costs_are_exact(graph: Graph, name: str) -> None:
    costs, total = EXACT_SUMS[name]
    await put(graph.database, runs, *(run(number, cost=exact_cost(cost)) for number, cost in enumerate(costs)))
    assert await cost_of_all(graph) == total


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    costs=st.lists(
        st.none()
        | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40, places=30)
        | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**7), max_value=10**7, places=12),
        max_size=30,
    )
)
async def test_any_sums_are_those_of_decimals(graph: Graph, costs: list[Decimal | None]) -> None:
    async with graph.database.writing() as connection:
        await connection.execute(delete(runs))
    rows = [run(n, cost=None if one is None else exact_cost(one)) for n, one in enumerate(costs)]
    await put(graph.database, runs, *rows) if rows else None
    known = [Fraction(one) for one in costs if one is not None]
    units = sum(known, Fraction()) * 10**30  # decimal's own context would round to 28 digits
    expected = exact_cost(f"{int(units)}e-30") if known else None
    assert await cost_of_all(graph) == expected


async def test_what_vai_and_aitasker_say_of_costs_is_summed_and_what_is_no_number_stays_in_the_document(
    graph: Graph, importer: Importer
) -> None:
    observed = {"a": "0.10", "b": "0.2", "c": "about a dollar", "d": None}
    await importer.lines(
        exchange("vai", "GET /api/v1/workspaces/v", {"workspace": {"id": "v", "title": "V"}}),
        *(
            exchange(
                "vai",
                f"GET /api/v1/workspaces/v/runs/{name}",
                {"id": name, "observability": {"usage": {"inputTokens": 2_000_000_000, "totalCost": cost}}},
            )
            for name, cost in observed.items()
        ),
        exchange("aitasker", "GET /api/v1/workspaces/w/tasks", [{"id": "t", "title": "T", "cost_usd": 0.1}]),
    )
    data = await graph.data(
        "{ usage(groupBy: SYSTEM) { rows { system runCount costedCount cost inputTokens } totals { runCount cost inputTokens } } }"
    )
    assert data["usage"]["rows"] == [
        {"system": "VAI", "runCount": 4, "costedCount": 2, "cost": "0.3", "inputTokens": 8_000_000_000},
        {"system": "AITASKER", "runCount": 1, "costedCount": 1, "cost": "0.1", "inputTokens": 0},
    ]
    assert data["usage"]["totals"] == {"runCount": 5, "cost": "0.4", "inputTokens": 8_000_000_000}
    kept = await graph.data("{ runs { nodes { externalId source { document } } } }")
    documents_of = {node["externalId"]: node["source"]["document"] for node in kept["runs"]["nodes"]}
    assert documents_of["c"]["observability"]["usage"]["totalCost"] == "about a dollar"


async def _working_days(graph: Graph) -> None:
    """Six runs of two agents over a change of the month."""
    ada, bob, desk = made_id("AGENT", "ada"), made_id("AGENT", "bob"), made_id("WORKSPACE", "desk")
    await put(graph.database, agents, {"id": ada, "name": "Ada"}, {"id": bob, "name": "Bob"})
    await put(graph.database, workspaces, {"id": desk, "name": "Desk"})
    by_ada = {"agent_id": ada, "workspace_id": desk, "model_id": "large", "provider": "one"}
    by_bob = {"agent_id": bob, "model_id": "small", "provider": "one", "task_id": "sort"}
    tokens = {"usage_input_tokens": 10, "usage_output_tokens": 1, "usage_cached_input_tokens": 5}
    await put(
        graph.database,
        runs,
        run(1, created_at=at("2026-10-31"), cost="1.5", **by_ada, **tokens),
        run(2, created_at=at("2026-11-01"), cost="10", **by_ada, **tokens),
        run(3, created_at=at("2026-11-01") + timedelta(hours=23, minutes=59), cost="9", **by_bob),
        run(4, created_at=at("2026-11-02"), status="FAILED", **by_bob, usage_output_tokens=100),
        run(5, created_at=None, cost="0.5", system="AITASKER"),
        run(6, created_at=at("2026-11-08"), cost="0.000000000000001", **by_bob, usage_cache_write_tokens=7),
    )


BY_KEY = {
    "AGENT": ("agent { name }", [({"name": "Ada"}, 2, "11.5"), ({"name": "Bob"}, 3, "9.000000000000001"), (None, 1, "0.5")]),
    "WORKSPACE": ("workspace { name }", [({"name": "Desk"}, 2, "11.5"), (None, 4, "9.500000000000001")]),
    "SYSTEM": ("system", [("VAI", 5, "20.500000000000001"), ("AITASKER", 1, "0.5")]),
    "MODEL": ("modelId", [("large", 2, "11.5"), ("small", 3, "9.000000000000001"), (None, 1, "0.5")]),
    "PROVIDER": ("provider", [("one", 5, "20.500000000000001"), (None, 1, "0.5")]),
    "STATUS": ("status", [("SUCCEEDED", 5, "21.000000000000001"), ("FAILED", 1, None)]),
    "TASK": ("taskId", [(None, 3, "12"), ("sort", 3, "9.000000000000001")]),
    "DAY": ("day", [("2026-11-01", 2, "19"), ("2026-10-31", 1, "1.5"), (None, 1, "0.5"),
                    ("2026-11-08", 1, "0.000000000000001"), ("2026-11-02", 1, None)]),
    "WEEK": ("week", [("2026-10-26", 3, "20.5"), (None, 1, "0.5"), ("2026-11-02", 2, "0.000000000000001")]),
    "MONTH": ("month", [("2026-11-01", 4, "19.000000000000001"), ("2026-10-01", 1, "1.5"), (None, 1, "0.5")]),
}  # fmt: skip


async def test_runs_are_summed_by_every_key_the_costliest_first(graph: Graph) -> None:
    await _working_days(graph)
    found = {}
    for key, (field, _rows) in BY_KEY.items():
        data = await graph.data(f"{{ usage(groupBy: {key}) {{ rows {{ key: {field} runCount cost }} }} }}")
        found[key] = [(row["key"], row["runCount"], row["cost"]) for row in data["usage"]["rows"]]
    assert found == {key: rows for key, (_field, rows) in BY_KEY.items()}


async def test_keys_together_filter_order_and_limit(graph: Graph, statements: list[str]) -> None:
    await _working_days(graph)
    statements.clear()
    data = await graph.data(
        """query ($filter: RunFilter) { usage(
            groupBy: [AGENT, MONTH, AGENT], filter: $filter, orderBy: [{field: MONTH}, {field: COST, direction: DESC}], first: 2
        ) {
            rows { agent { name } month day tokens inputTokens outputTokens cachedInputTokens cacheWriteTokens runCount }
            totals { runCount tokens cacheWriteTokens } truncated
        } }""",
        filter={"createdAt": {"gte": "2026-10-31T00:00:00Z", "lt": "2026-12-01T00:00:00Z"}, "system": {"eq": "VAI"}},
    )
    assert data["usage"] == {
        "rows": [
            {"agent": {"name": "Ada"}, "month": "2026-10-01", "day": None, "tokens": 11, "inputTokens": 10,
             "outputTokens": 1, "cachedInputTokens": 5, "cacheWriteTokens": 0, "runCount": 1},
            {"agent": {"name": "Ada"}, "month": "2026-11-01", "day": None, "tokens": 11, "inputTokens": 10,
             "outputTokens": 1, "cachedInputTokens": 5, "cacheWriteTokens": 0, "runCount": 1},
        ],
        "totals": {"runCount": 5, "tokens": 122, "cacheWriteTokens": 7},
        "truncated": True,
    }  # fmt: skip
    assert len(statements) == 3  # the groups, the totals, the agents
    assert "cost_usd" not in statements[0] and "usage_total_cost" not in statements[0]


async def test_costs_are_ordered_as_numbers_either_way_null_last(graph: Graph) -> None:
    costs = ["9", "10", "-1", "0.5", "100000000000000000000", "0.0000000000000000000001", None]
    await put(graph.database, runs, *(run(n, task_id=str(cost), cost=cost) for n, cost in enumerate(costs)))
    query = "query ($way: SortDirection!) { usage(groupBy: TASK, orderBy: {field: COST, direction: $way}) { rows { cost } } }"
    rising = ["-1", "0.0000000000000000000001", "0.5", "9", "10", "100000000000000000000"]
    for way, expected in (("ASC", [*rising, None]), ("DESC", [*reversed(rising), None])):
        data = await graph.data(query, way=way)
        assert [row["cost"] for row in data["usage"]["rows"]] == expected


async def test_every_order_is_total_and_answers(graph: Graph) -> None:
    await _working_days(graph)
    members: Any = graph.schema._schema.type_map["UsageOrderField"]
    keys: Any = graph.schema._schema.type_map["UsageGroup"]
    for name in members.values:
        group = name if name in keys.values else "DAY"
        answers = [
            (
                await graph.data(
                    f"{{ usage(groupBy: {group}, orderBy: {{field: {name}}}) {{ rows {{ day runCount }} }} }}"
                )
            )
            for _ in range(2)
        ]
        assert answers[0] == answers[1] and answers[0]["usage"]["rows"], name


async def test_nothing_selected_costs_nothing_and_no_runs_are_no_group(graph: Graph, statements: list[str]) -> None:
    empty = await graph.data("{ usage { rows { runCount } totals { runCount cost tokens } truncated } }")
    assert empty["usage"] == {
        "rows": [], "totals": {"runCount": 0, "cost": None, "tokens": 0}, "truncated": False,
    }  # fmt: skip
    statements.clear()
    await graph.data("{ usage { __typename } }")
    assert statements == []
    await put(graph.database, runs, run(1), run(2, system="AITASKER"))
    statements.clear()
    assert (await graph.data("{ usage(groupBy: SYSTEM, first: 1) { truncated } }"))["usage"] == {"truncated": True}
    assert len(statements) == 1
    assert "usage_input_tokens" not in statements[0]  # what is not selected is not summed


async def test_what_is_asked_wrongly_is_told(graph: Graph) -> None:
    asked = {
        "first: 0": "first must be 1 to 1000, got 0",
        "first: 1001": "first must be 1 to 1000, got 1001",
        "groupBy: DAY, orderBy: {field: AGENT}": "orderBy names a key that groupBy does not; group by it, or order by a sum",
    }
    for arguments, message in asked.items():
        result = await graph.ask(f"{{ usage({arguments}) {{ rows {{ cost }} }} }}")
        assert failures(result) == [("BAD_ARGUMENT", message)]


async def test_the_runs_of_others_count_for_nothing(graph: Graph) -> None:
    theirs = organization_id_of("Contoso")
    await put(graph.database, runs, run(1, cost="1"), run(2, cost="2", organization_id=theirs))
    query = "{ usage(groupBy: SYSTEM) { rows { runCount cost } totals { runCount cost } } }"
    sums = {"runCount": 1, "cost": "1"}
    assert (await graph.data(query))["usage"] == {"rows": [sums], "totals": sums}
    graph.viewer = Viewer(theirs, "N", "n@contoso.example", frozenset((READ,)))
    sums = {"runCount": 1, "cost": "2"}
    assert (await graph.data(query))["usage"] == {"rows": [sums], "totals": sums}
    graph.viewer = Viewer(ORGANIZATION_ID, "N", "n@northwind.example", frozenset())
    (refused,) = failures(await graph.ask(query))
    assert refused[0] == "PERMISSION_DENIED"
