"""Lineage: rows that name their parent, followed up to the root or down to all that came of them.

Each answer is ONE recursive statement for all the rows that are asked about, and `visible()` is in each of its steps,
so that a link to what the viewer may not see ends the chain. Data may go round in circles: a chain ends before a row
that it holds already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Select, Table, and_, func, literal, select

from db.access import visible
from db.keys import among, keys_to_come
from db.runs import runs
from db.statements import to_come
from db.workspaces import workspaces
from errors import BadArgumentError
from resolvers.context import Context
from resolvers.relations import grouped, named

MOST_DEPTH = 100  # generations below a row
MOST_DESCENDANTS = 1_000  # of one row
DEPTH, FIRST = "most_depth", "most_descendants"  # parameters that hold what was asked for


@dataclass(frozen=True)
class Reach:
    """How far down to go: so many generations, so many rows at most."""

    depth: int = MOST_DEPTH
    first: int = 100


def reach_of(depth: int, first: int) -> Reach:
    """How far to go. Raises BadArgumentError."""
    for name, value, most in (("depth", depth, MOST_DEPTH), ("first", first, MOST_DESCENDANTS)):
        if not 1 <= value <= most:
            raise BadArgumentError(f"{name} must be 1 to {most}, got {value}")
    return Reach(depth, first)


def _parent_of(rows: FromClause) -> ColumnElement[Any]:
    return rows.c.parent_id


def _root_or_parent_of(rows: FromClause) -> ColumnElement[Any]:
    return func.coalesce(rows.c.root_id, rows.c.parent_id)


@dataclass(frozen=True, eq=False)
class Lineage:
    """The rows of a table that name their parent in `parent_id`.

    `toward_root` is the link to follow from a row to its root: its root where the row names it, or else its parent.
    """

    table: Table
    toward_root: Callable[[FromClause], ColumnElement[Any]] = _parent_of

    async def ancestors(self, keys: Sequence[str], *, ctx: Context, columns: Collection[str]) -> list[list[Any]]:
        """The rows above each, its parent first. Statements: 1."""
        above = await self._above("parent", _parent_of, keys, ctx, columns)
        return [list(_chain(key, above))[1:] for key in keys]

    async def roots(self, keys: Sequence[str], *, ctx: Context, columns: Collection[str]) -> list[Any]:
        """The last row above each, or the row itself; None where it names a root that is not there. Statements: 1."""
        above = await self._above("root", self.toward_root, keys, ctx, columns)
        return [self._root(list(_chain(key, above)), above) for key in keys]

    def _root(self, chain: Sequence[Any], above: dict[str, Any]) -> Any:
        last = chain[-1] if chain else None
        named_root = getattr(last, "root_id", None)
        return last if named_root is None or named_root in above else None

    async def _above(
        self,
        name: str,
        link: Callable[[FromClause], ColumnElement[Any]],
        keys: Sequence[str],
        ctx: Context,
        columns: Collection[str],
    ) -> dict[str, Any]:
        """By id, the rows asked about and all above them; each once, however many chains lead through it."""
        chosen = frozenset(columns)
        ready = partial(self._upward, link, chosen, ctx)
        rows = await ctx.rows_of((self, name, chosen), ready, keys=list(dict.fromkeys(keys)))
        return {row.id: row for row in rows}

    def _upward(
        self, link: Callable[[FromClause], ColumnElement[Any]], columns: frozenset[str], ctx: Context
    ) -> Select[Any]:
        table, below = self.table, self.table.alias("below")
        start = visible(select(table.c.organization_id, table.c.id), ctx.viewer)
        above = start.where(among(table.c.id, keys_to_come())).cte("above", recursive=True)
        step = select(below.c.organization_id, link(below).label("id")).select_from(_joined(above, below, "id"))
        above = above.union(visible(step, ctx.viewer).where(link(below).is_not(None)))
        chosen = [link(table).label("link"), *named(table, columns | _named_root(table))]
        return visible(select(*chosen).select_from(_joined(above, table, "id")), ctx.viewer)

    async def descendants(
        self, reach: Reach, keys: Sequence[str], *, ctx: Context, columns: Collection[str]
    ) -> list[list[Any]]:
        """The rows below each, the nearest first, then the oldest. Statements: 1."""
        chosen = frozenset(columns)
        ready = partial(self._downward, chosen, ctx)
        values = {"keys": list(dict.fromkeys(keys)), DEPTH: reach.depth, FIRST: reach.first}
        return grouped(await ctx.rows_of((self, "descendants", chosen), ready, **values), keys)

    def _downward(self, columns: frozenset[str], ctx: Context) -> Select[Any]:
        table = self.table
        nearest = self._generations(ctx).subquery("nearest")
        place = func.row_number().over(
            partition_by=nearest.c.start,
            order_by=(nearest.c.generation, table.c.created_at.asc().nulls_last(), table.c.id),
        )
        chosen = [nearest.c.start.label("parent_key"), *named(table, columns), place.label("place")]
        ranked = visible(select(*chosen).select_from(_joined(nearest, table, "id")), ctx.viewer).subquery("ranked")
        told = [column for column in ranked.c if column.key != "place"]
        cut = select(*told).where(ranked.c.place <= to_come(FIRST, Integer()))
        return cut.order_by(ranked.c.parent_key, ranked.c.place)

    def _generations(self, ctx: Context) -> Select[Any]:
        """Every row below each of the keys, and how many generations below at the least."""
        table, child = self.table, self.table.alias("child")
        own = select(
            table.c.organization_id, table.c.parent_id.label("start"), table.c.id, literal(1).label("generation")
        )
        start = visible(own, ctx.viewer).where(among(table.c.parent_id, keys_to_come()))
        below = start.cte("below", recursive=True)
        next_one = (below.c.generation + 1).label("generation")
        step = select(child.c.organization_id, below.c.start, child.c.id, next_one)
        step = visible(step.select_from(_joined(below, child, "parent_id")), ctx.viewer)
        # A circle ends where it comes back to its start. Each row has one parent, so each comes once for a start.
        goes_on = child.c.id != below.c.start
        below = below.union_all(step.where(goes_on, below.c.generation < to_come(DEPTH, Integer())))
        nearest = select(
            below.c.organization_id, below.c.start, below.c.id, func.min(below.c.generation).label("generation")
        )
        found = visible(nearest, ctx.viewer).where(below.c.id != below.c.start)
        return found.group_by(below.c.organization_id, below.c.start, below.c.id)


def _joined(found: FromClause, rows: FromClause, column: str) -> FromClause:
    """What was found so far, joined with the rows whose `column` has its id."""
    return found.join(rows, and_(rows.c.organization_id == found.c.organization_id, rows.c[column] == found.c.id))


def _named_root(table: Table) -> frozenset[str]:
    return frozenset({"root_id"} & set(table.c.keys()))


def _chain(key: str, above: dict[str, Any]) -> Iterator[Any]:
    """The row of a key and those above it; ends where the next is hidden, missing, or in the chain already."""
    seen: set[str] = set()
    row = above.get(key)
    while row is not None and row.id not in seen:
        seen.add(row.id)
        yield row
        row = above.get(row.link)


workspace_lineage = Lineage(workspaces)
run_lineage = Lineage(runs, _root_or_parent_of)
