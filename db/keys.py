"""Keys in one parameter, so that the text of a statement does not change with their number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BindParameter, Boolean, ColumnElement, FromClause, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from db.statements import to_come
from db.types import Keys


class _Among(FunctionElement[bool]):
    type = Boolean()
    name = "among"
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """Itself: else SQLAlchemy writes `= 1` behind it where there are no booleans, and no index is used."""
        return self


class _KeyRows(FunctionElement[str]):
    name = "key_rows"
    inherit_cache = True


KEYS, ONE_KEY = "keys", "one_key"  # parameters of statements that are kept ready and get their keys when they run


def keys_to_come() -> BindParameter[Any]:
    """Keys that are not known yet: a parameter `keys`."""
    return to_come(KEYS, Keys())


def key_to_come() -> BindParameter[str]:
    """One key that is not known yet: a parameter `one_key`."""
    return to_come(ONE_KEY, Text())


def among(column: ColumnElement[Any], keys: Iterable[str] | BindParameter[Any]) -> ColumnElement[bool]:
    """The condition that `column` is one of `keys`."""
    return _Among(column, _parameter(keys))


def key_rows(keys: Iterable[str] | BindParameter[Any]) -> FromClause:
    """The keys as rows of a table `keys` with the column `value`, on SQLite with their place `key` as well."""
    return _KeyRows(_parameter(keys)).table_valued("value", "key", name="keys")


def _parameter(keys: Iterable[str] | BindParameter[Any]) -> BindParameter[Any]:
    if isinstance(keys, BindParameter):
        return keys
    return bindparam("keys", list(keys), type_=Keys(), unique=True)


@compiles(_Among, "sqlite")
def _among_on_sqlite(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, keys = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({keys}))"


@compiles(_Among)  # for SQLAlchemy's own purposes, too, when it looks which tables a statement reads
def _among_on_postgresql(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, keys = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{column} IN (SELECT unnest({keys}))"  # `= ANY` is a search through all keys for each row of a small table


@compiles(_KeyRows, "sqlite")
def _key_rows_on_sqlite(element: _KeyRows, compiler: SQLCompiler, **kw: Any) -> str:
    (keys,) = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"json_each({keys})"


@compiles(_KeyRows)
def _key_rows_on_postgresql(element: _KeyRows, compiler: SQLCompiler, **kw: Any) -> str:
    (keys,) = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"(SELECT unnest({keys}) AS value)"
