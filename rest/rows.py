"""A record's values as rows: in which tables it stands, and what each column takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Boolean, Float, Integer, Table, Text

from db.activity import activity_items
from db.agents import agents
from db.charts import charts
from db.computers import computers
from db.runs import runs
from db.sessions import messages, sessions
from db.tags import tags
from db.users import users
from db.workspaces import aitasker_workspaces, evershell_workspaces, orgo_workspaces, vai_workspaces
from rest.dialect import whole

# Where the row of a record of each kind stands.
RECORD_TABLES: dict[str, tuple[Table, ...]] = {
    "ACTIVITY": (activity_items,),
    "AGENT": (agents,),
    "CHART": (charts,),
    "COMPUTER": (computers,),
    "MESSAGE": (messages,),
    "PROVIDER": (),
    "RUN": (runs,),
    "SESSION": (sessions,),
    "TAG": (tags,),
    "USER": (users,),
    "WORKSPACE": (aitasker_workspaces, orgo_workspaces, vai_workspaces, evershell_workspaces),
}


def plain_text(value: Any) -> str | None:
    """PostgreSQL's text holds no NUL; the document keeps it."""
    if not isinstance(value, str):
        return None
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in value else value


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


# What a column takes. A field that the record's model does not know may hold anything: the document keeps it, and
# the column stays empty where it does not fit, alike on every database.
_FITTING: dict[type[Any], Callable[[Any], Any]] = {Text: plain_text, Integer: whole, Boolean: _truth, Float: _number}


@cache
def _columns(table: Table) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    return tuple((column.name, _FITTING.get(type(column.type))) for column in table.c)


def complete(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """A row with all columns of its table."""
    row = dict.fromkeys((name for name, _fitting in _columns(table)), None)
    for name, fitting in _columns(table):
        value = values.get(name)
        if value is not None:
            row[name] = fitting(value) if fitting else value
    return row
