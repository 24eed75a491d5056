"""Use: runs, their tokens and their costs, counted and summed in SQL over all that the viewer may see.

A) the sums of each group, by the keys asked for.  B) their order and how many of them.  C) the totals of all groups.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, null, select

from db.access import visible
from db.costs import cost_rank, cost_sum
from db.pages import Term
from db.periods import day, month, week
from db.runs import runs
from errors import BadArgumentError
from resolvers.context import Context
from resolvers.filters import bounded, condition_of

MOST_ROWS = 1_000  # of a report
TOKENS = ("input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens")

# What runs are grouped by: the name of the key in a row of the report, and what it is made of.
KEYS: Mapping[str, ColumnElement[Any]] = MappingProxyType(
    {
        "agent_id": runs.c.agent_id,
        "workspace_id": runs.c.workspace_id,
        "system": runs.c.system,
        "model_id": runs.c.model_id,
        "provider": runs.c.provider,
        "status": runs.c.status,
        "task_id": runs.c.task_id,
        "day": day(runs.c.created_at),
        "week": week(runs.c.created_at),
        "month": month(runs.c.created_at),
    }
)


def _tokens(name: str) -> ColumnElement[Any]:
    return func.coalesce(func.sum(runs.c[f"usage_{name}"]), 0)


SUMS: Mapping[str, Callable[[], ColumnElement[Any]]] = MappingProxyType(
    {
        "run_count": func.count,
        "costed_count": lambda: func.count(runs.c.cost),
        "cost": lambda: cost_sum(runs.c.cost),
        "tokens": lambda: _tokens("input_tokens") + _tokens("output_tokens"),
        **{name: partial(_tokens, name) for name in TOKENS},
    }
)
DEFAULT_ORDER = (Term("cost", descending=True), Term("run_count", descending=True))


@dataclass(frozen=True)
class Wanted:
    """What a report was asked for: keys by name, a RunFilter, the order, how many rows."""

    group_by: tuple[str, ...] = ()
    filter: Any = None
    order_by: tuple[Term, ...] = ()
    first: int = 100


@dataclass(frozen=True)
class Usage:
    """A report; None for the parts that nobody wanted."""

    rows: Sequence[Any] | None
    totals: Any
    truncated: bool


async def usage(
    wanted: Wanted, *, ctx: Context, columns: Collection[str] | None, totals: Collection[str] | None
) -> Usage:
    """The report, with these columns of its rows and of its totals; None: none of them.

    Statements: 1 for the rows and 1 for the totals. Raises BadArgumentError.
    """
    order = _checked(wanted)
    conditions = [] if wanted.filter is None else [condition_of(bounded(wanted.filter, ctx.viewer), runs, ctx.viewer)]
    rows, summed = await asyncio.gather(
        _nothing() if columns is None else ctx.rows(_report(wanted, order, columns, conditions, ctx)),
        _nothing() if totals is None else ctx.rows(_totals(totals, conditions, ctx)),
    )
    return Usage(rows[: wanted.first], summed[0] if summed else None, len(rows) > wanted.first)


async def _nothing() -> Sequence[Any]:
    return ()


def _checked(wanted: Wanted) -> tuple[Term, ...]:
    """The whole order: that asked for, or by cost, and then by each key. Raises BadArgumentError."""
    if not 1 <= wanted.first <= MOST_ROWS:
        raise BadArgumentError(f"first must be 1 to {MOST_ROWS}, got {wanted.first}")
    for term in wanted.order_by:
        if term.column in KEYS and term.column not in wanted.group_by:
            raise BadArgumentError("orderBy names a key that groupBy does not; group by it, or order by a sum")
    order = (*(wanted.order_by or DEFAULT_ORDER), *map(Term, wanted.group_by))
    first_of_each = {term.column: term for term in reversed(order)}
    return tuple(term for term in order if first_of_each[term.column] is term)


def _report(
    wanted: Wanted,
    order: Sequence[Term],
    columns: Collection[str],
    conditions: Sequence[ColumnElement[bool]],
    ctx: Context,
) -> Select[Any]:
    names = dict.fromkeys((*wanted.group_by, *columns, *(term.column for term in order), "run_count"))
    chosen = [_selected(name, wanted.group_by).label(name) for name in names]
    grouped = visible(select(*chosen).select_from(runs), ctx.viewer).where(*conditions)  # A
    grouped = grouped.group_by(*(KEYS[name] for name in dict.fromkeys(wanted.group_by)))
    report = grouped.subquery("usage")
    is_group = report.c.run_count > 0  # where nothing is grouped by, SQL gives a row of no runs as well
    return select(*report.c).where(is_group).order_by(*_ordered(report, order)).limit(wanted.first + 1)  # B


def _selected(name: str, group_by: Collection[str]) -> ColumnElement[Any]:
    """A sum, a key, or null in the place of a key that the runs are not grouped by."""
    if name in SUMS:
        return SUMS[name]()
    return KEYS[name] if name in group_by else null()


def _ordered(report: Subquery, order: Sequence[Term]) -> list[ColumnElement[Any]]:
    found: list[ColumnElement[Any]] = []
    for term in order:
        by: ColumnElement[Any] = cost_rank(report.c.cost) if term.column == "cost" else report.c[term.column]
        found.append((by.desc() if term.descending else by.asc()).nulls_last())
    return found


def _totals(columns: Collection[str], conditions: Sequence[ColumnElement[bool]], ctx: Context) -> Select[Any]:  # C
    chosen = [SUMS[name]().label(name) for name in dict.fromkeys((*columns, "run_count"))]
    return visible(select(*chosen).select_from(runs), ctx.viewer).where(*conditions)
