"""Statements made ready for the driver: the text, the order of its parameters, and the class of its rows.

SQLAlchemy writes the text once; the driver runs it, with nothing per row in between. Rows come as the driver makes
them and hold raw values in the order of the columns; a value is also an attribute of its row, converted when read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any

import asyncpg
import orjson
from sqlalchemy import BindParameter, Boolean, CompoundSelect, Float, Integer, Select, String, TypeDecorator, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from db.types import Json, UtcDateTime

FLOAT8, NUMERIC = 701, 1700  # PostgreSQL's numbers of its types
TO_COME = object()  # stands for a value that is given when the statement runs
Reading = Select[Any] | CompoundSelect[Any]


@dataclass(frozen=True)
class RowColumn:
    """How a column lies in a row: `read` makes its value, `written` what JSON has for it; None where it lies so."""

    name: str
    python: type | None
    nullable: bool
    read: Callable[[Any], Any] | None
    written: Callable[[Any], Any] | None


@dataclass(frozen=True)
class Parameter:
    """A parameter of a statement. One without a value of its own must be given one each time it runs."""

    name: str
    value: Any
    is_required: bool
    bound: Callable[[Any], Any] | None  # makes of a value what the driver takes


@dataclass(frozen=True)
class Prepared:
    """A statement ready to run."""

    text: str
    parameters: tuple[Parameter, ...]
    row: type[Any]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """What the driver is given. Raises KeyError where a required value is missing."""
        given = []
        for one in self.parameters:
            value = values[one.name] if one.is_required else one.value
            given.append(one.bound(value) if one.bound else value)
        return given


def to_come(name: str, of: TypeEngine[Any]) -> BindParameter[Any]:
    """A parameter whose value is given when the statement runs, each time."""
    return bindparam(name, TO_COME, type_=of)


def values_of(row: Any) -> dict[str, Any]:
    """The values of a row by name, in the order of the columns. As a sequence a row has them raw."""
    return {column.name: getattr(row, column.name) for column in type(row).layout}


def prepared(statement: Reading, dialect: Dialect, known: MutableMapping[Hashable, type[Any]]) -> Prepared:
    """The statement, ready for the driver of a dialect.

    `known` holds the classes of rows by text and types: drivers and row functions know a statement by its class.
    """
    compiled: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    values = compiled.construct_params()
    parameters = [_parameter(name, compiled, values, dialect) for name in compiled.positiontup or ()]
    selected = list(statement.selected_columns)
    key = compiled.string, *(type(column.type) for column in selected)
    row = known.get(key)
    if row is None:
        columns = tuple(_column(column, place, dialect) for place, column in enumerate(selected))
        row = known[key] = _row_class(columns, dialect.name == "sqlite")
    return Prepared(compiled.string, tuple(parameters), row)


def _parameter(name: str, compiled: Any, values: Mapping[str, Any], dialect: Dialect) -> Parameter:
    bind = compiled.binds.get(name)
    if bind is None:  # one of those that a list was spread into
        spread: Any = compiled.binds[name.rsplit("_", 1)[0]]
        return Parameter(name, values[name], False, _bound(spread.type, dialect))
    return Parameter(name, values[name], values[name] is TO_COME, _bound(bind.type, dialect))


def _bound(of: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    return of.dialect_impl(dialect).bind_processor(dialect)


def _column(column: Any, place: int, dialect: Dialect) -> RowColumn:
    of, nullable, name = column.type, getattr(column, "nullable", True), column.key or f"column_{place}"
    plain = partial(RowColumn, name, nullable=nullable, read=None, written=None)
    is_sqlite = dialect.name == "sqlite"
    read = of.dialect_impl(dialect).result_processor(dialect, _oid(of, dialect))
    if isinstance(of, UtcDateTime):
        return RowColumn(name, datetime, nullable, read, _moment) if is_sqlite else plain(datetime)
    if isinstance(of, Json):
        return RowColumn(name, object, nullable, orjson.loads, orjson.Fragment)
    if isinstance(of, Boolean):
        return RowColumn(name, bool, nullable, bool, bool) if is_sqlite else plain(bool)
    if read is None and isinstance(of, (Integer, String)):
        return plain(int if isinstance(of, Integer) else str)
    return RowColumn(name, None, nullable, read, None)


def _oid(of: TypeEngine[Any], dialect: Dialect) -> int:
    """PostgreSQL's number of the type, which SQLAlchemy asks for to read numbers."""
    stored = of.load_dialect_impl(dialect) if isinstance(of, TypeDecorator) else of
    return FLOAT8 if isinstance(stored, Float) else NUMERIC


def _moment(text: str) -> str:
    """A moment as SQLite keeps it, as JSON has it: `2026-11-01 10:00:00.000000` as `2026-11-01T10:00:00Z`."""
    return f"{text[:10]}T{text[11:19]}Z" if text.endswith(".000000") else f"{text[:10]}T{text[11:]}Z"


def _row_class(columns: tuple[RowColumn, ...], is_sqlite: bool) -> type[Any]:
    members: dict[str, Any] = {"__slots__": (), "layout": columns}
    for place, column in enumerate(columns):
        members[column.name] = property(_reader(place, column.read))
    return type("Row", (sqlite3.Row if is_sqlite else asyncpg.Record,), members)


def _reader(place: int, read: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    if read is None:
        return itemgetter(place)

    def value(row: Any) -> Any:
        raw = row[place]
        return None if raw is None else read(raw)

    return value
