"""Pages of a table as the live system once answered them, for workspaces whose table Workgraph does not hold.

A) which calls were recorded, without their rows;  B) of these, the ones in the order asked for, newest first;
C) their documents;  D) the window that they cover from its first row on without a gap. A row that several pages hold
is taken from the newest; pages with other columns than the newest are left aside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import Select, and_, select

from db.access import visible
from db.data_rows import OPERATIONAL, SNAPSHOT
from db.documents import answers
from db.keys import among, keys_to_come
from db.types import written
from db.workspaces import workspace_parts
from errors import BadArgumentError
from resolvers.context import Context
from resolvers.sources import is_too_old
from resolvers.table_pages import TableArguments, TableColumn, TablePage, no_such_column

ENDPOINT = "GET /api/v1/workspaces/{workspace_id}/data"
SYSTEM = "VAI"
READ_ONLY = "Only pages recorded of the live system are held, not the table."
DIRECTIONS = {"asc": False, "desc": True}


@dataclass(frozen=True)
class Recorded:
    """One recorded call: where its page begins, and which order it asked for."""

    id: str
    fetched_at: datetime
    offset: int
    sorting: frozenset[str]  # the values of the parameters whose names VAI does not print

    def is_in_order(self, arguments: TableArguments) -> bool:
        """Whether the page is of the order asked for."""
        ways = {word for word in self.sorting if word.lower() in DIRECTIONS}
        columns = self.sorting - ways
        if arguments.order_by is None:
            return not self.sorting
        descending = any(DIRECTIONS[way.lower()] for way in ways)
        return columns == {arguments.order_by} and descending == arguments.descending


async def pages_recorded(
    workspace_ids: Sequence[str], arguments: TableArguments, *, ctx: Context
) -> dict[str, TablePage | Exception]:
    """The page of each workspace as far as it was recorded; a workspace with no recorded page is absent.

    An order that was not recorded has a BadArgumentError in its place. Statements: 1, and 1 where there is any.
    """
    calls = await _calls(workspace_ids, ctx)  # A
    wanted = {key: _in_order(recorded, arguments) for key, recorded in calls.items()}  # B
    documents = await _documents([one.id for recorded in wanted.values() for one in recorded], ctx)  # C
    found: dict[str, TablePage | Exception] = {}
    for key, recorded in wanted.items():
        pages = [(one, documents[one.id]) for one in recorded if isinstance(documents.get(one.id), dict)]
        found[key] = _assembled(pages, arguments, ctx) if pages else BadArgumentError(_no_order(arguments))  # D
    return found


def _no_order(arguments: TableArguments) -> str:
    order = f"the order of {arguments.order_by!r}" if arguments.order_by else "the table's own order"
    return f"only recorded pages are held, and none of them in {order}; ask for another orderBy, or for none"


async def _calls(workspace_ids: Sequence[str], ctx: Context) -> dict[str, list[Recorded]]:
    rows = await ctx.rows_of(("recorded pages",), lambda: _calls_statement(ctx), keys=list(workspace_ids))
    found: dict[str, list[Recorded]] = {}
    for row in rows:
        parameters = dict(parse_qsl(urlsplit(row.path).query))
        offset, _limit = (parameters.pop(name, "") for name in ("offset", "limit"))
        sorting = frozenset(parameters.values())
        begin = int(offset) if offset.isdecimal() else 0
        found.setdefault(row.workspace_id, []).append(Recorded(row.id, row.fetched_at, begin, sorting))
    return found


def _calls_statement(ctx: Context) -> Select[Any]:
    parts = workspace_parts.c
    about = and_(answers.c.organization_id == parts.organization_id, answers.c.subject_id == parts.id)
    columns = (parts.workspace_id, answers.c.id, answers.c.path, answers.c.fetched_at)
    statement = visible(select(*columns).select_from(workspace_parts.join(answers, about)), ctx.viewer)
    is_page = and_(answers.c.endpoint == ENDPOINT, answers.c.status == 200, parts.is_deleted.is_(False))
    newest = (parts.workspace_id, answers.c.fetched_at.desc(), answers.c.id)
    return statement.where(is_page, among(parts.workspace_id, keys_to_come())).order_by(*newest)


def _in_order(recorded: Sequence[Recorded], arguments: TableArguments) -> list[Recorded]:
    """The calls of the order asked for; if there are none, all in the table's own order, to be sorted if complete."""
    of_order = [one for one in recorded if one.is_in_order(arguments)]
    return of_order or [one for one in recorded if not one.sorting and arguments.order_by is not None]


async def _documents(ids: Sequence[str], ctx: Context) -> dict[str, Any]:
    if not ids:
        return {}
    statement = visible(select(answers.c.id, answers.c.document), ctx.viewer).where(among(answers.c.id, ids))
    return {row.id: row.document for row in await ctx.rows(statement)}


def _assembled(
    pages: Sequence[tuple[Recorded, dict[str, Any]]], arguments: TableArguments, ctx: Context
) -> TablePage | Exception:
    newest = pages[0][1]
    columns = _columns(newest)
    names = [column.name for column in columns]
    if arguments.order_by is not None and arguments.order_by not in names:
        return BadArgumentError(no_such_column(arguments.order_by, names))
    alike = [page for page in pages if _columns(page[1]) == columns]
    rows = _rows_by_place(alike)
    total = newest.get("total")
    total = total if isinstance(total, int) else max(rows, default=-1) + 1
    if arguments.order_by is not None and not alike[0][0].is_in_order(arguments):
        if len(rows) < total:
            return BadArgumentError(_no_order(arguments))
        rows = dict(enumerate(_sorted(rows, arguments)))
    window = _window(rows, arguments)
    return _page(newest, columns, window, total, [one.fetched_at for one, _document in alike], arguments, ctx)


def _columns(document: dict[str, Any]) -> list[TableColumn]:
    found = []
    for column in document.get("columns") or ():
        name = str(column.get("name") or "")
        found.append(TableColumn(name, str(column.get("displayName") or name), str(column.get("dataType") or "")))
    return found


def _rows_by_place(pages: Sequence[tuple[Recorded, dict[str, Any]]]) -> dict[int, Any]:
    """The rows by their place in the order; of several pages the newest has the say."""
    rows: dict[int, Any] = {}
    for recorded, document in pages:
        for place, row in enumerate(document.get("items") or (), recorded.offset):
            rows.setdefault(place, row)
    return rows


def _sorted(rows: dict[int, Any], arguments: TableArguments) -> list[Any]:
    """All rows in the order of a column, null last either way."""
    name = arguments.order_by or ""
    placed = [row for _place, row in sorted(rows.items())]
    kept = [row for row in placed if row.get(name) is not None]
    kept.sort(key=lambda row: _rank(row[name]), reverse=arguments.descending)
    return kept + [row for row in placed if row.get(name) is None]


def _rank(value: Any) -> tuple[int, Any]:
    return (0, value) if isinstance(value, int | float) else (1, str(value))


def _window(rows: dict[int, Any], arguments: TableArguments) -> list[Any]:
    found = []
    for place in range(arguments.offset, arguments.offset + arguments.limit):
        if place not in rows:
            break
        found.append(rows[place])
    return found


def _page(
    newest: dict[str, Any],
    columns: Sequence[TableColumn],
    window: list[Any],
    total: int,
    fetched: Sequence[datetime],
    arguments: TableArguments,
    ctx: Context,
) -> TablePage:
    oldest = min(fetched)
    mode = str(newest.get("mode") or "").upper()
    name, scope = newest.get("backingTableName"), newest.get("backingTableScope")
    return TablePage(
        name=name if isinstance(name, str) else None,
        columns=columns,
        rows=window,
        row_identity_columns=[str(one) for one in newest.get("rowIdentityColumns") or ()],
        total=total,
        has_next=total > arguments.offset + len(window),
        limit=arguments.limit,
        offset=arguments.offset,
        mode=mode if mode in (SNAPSHOT, OPERATIONAL) else SNAPSHOT,
        is_live=False,
        can_edit=False,
        read_only_reason=READ_ONLY,
        backing_table_name=name if isinstance(name, str) else None,
        backing_table_scope=scope if isinstance(scope, str) else None,
        stale=is_too_old(SYSTEM, oldest, ctx=ctx),
        reason=f"{READ_ONLY} They were fetched at {written(oldest)}"
        + ("." if len(set(fetched)) == 1 else " and later."),
    )
