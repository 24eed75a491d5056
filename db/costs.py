"""Costs of runs: decimals that stay exact, in columns and in sums, on both databases.

PostgreSQL has `numeric`. SQLite has no decimals, so a column of costs has no type there and holds a cost as a whole
number of units of 10^-12 dollars where it is one of 64 bits, which SQLite adds up by itself, and as decimal text
where it is not, which is added up in Python. Both kinds may stand in one column; a sum is exact whatever it is of.
"""

from __future__ import annotations

import re
import sqlite3
from decimal import Context, Decimal
from typing import Any

from sqlalchemy import ColumnElement, Numeric, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine, UserDefinedType

MOST_DIGITS = 100  # before the point, and as many behind it; a cost of more is none
UNIT_DIGITS = 12  # behind the point of what SQLite adds up by itself: a thousandth of what a cached token costs
WHOLE_BITS = 63  # of a number of SQLite, beside its sign
LOW_BITS = 31  # summed apart from the others, so that neither sum runs over before 2**31 rows
EXACT = Context(prec=3 * MOST_DIGITS)  # as many digits as a sum of 10**100 costs has
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)


def exact_cost(value: object) -> str | None:
    """A cost as decimal text of one form: `0.3` for `0.30`, for `3e-1` and for the number; None for what is no cost.

    Of a number that is the shortest decimal that makes the same double, which is how JSON was written.
    """
    text = str(value).strip() if isinstance(value, (str, int, float, Decimal)) and value is not True else ""
    if not _DECIMAL.fullmatch(text):
        return None
    cost = Decimal(text)
    first, last = cost.adjusted(), _exponent(cost)
    return _plain(cost) if first < MOST_DIGITS and last >= -MOST_DIGITS else None


def _exponent(cost: Decimal) -> int:
    exponent = cost.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _plain(cost: Decimal) -> str:
    """Without an exponent, and without zeros at the end that say nothing."""
    text = format(cost, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


class _AnyType(UserDefinedType[Any]):
    """A column of SQLite that keeps numbers as numbers and texts as texts."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        """The word for which SQLite converts nothing."""
        return "BLOB"


class Cost(TypeDecorator[str]):
    """An exact decimal, in Python the text that `exact_cost` makes."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Whatever comes on SQLite."""
        return dialect.type_descriptor(_AnyType() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """What the database keeps."""
        if value is None:
            return None
        return _stored(value) if dialect.name == "sqlite" else Decimal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """The text."""
        return None if value is None else _plain(_decimal(value))


def _stored(text: str) -> int | str:
    scaled = EXACT.scaleb(Decimal(text), UNIT_DIGITS)
    is_whole = _exponent(scaled) >= 0 and abs(scaled) < 2**WHOLE_BITS
    return int(scaled) if is_whole else text


def _decimal(stored: int | str | Decimal) -> Decimal:
    return EXACT.scaleb(Decimal(stored), -UNIT_DIGITS) if isinstance(stored, int) else Decimal(stored)


class cost_sum(FunctionElement[str]):  # noqa: N801  it stands in statements like func.sum
    """The exact sum of a column of costs; null where there is none."""

    type = Cost()
    name = "cost_sum"
    inherit_cache = True


class cost_rank(FunctionElement[str]):  # noqa: N801
    """A sum of costs, to be ordered by as a number."""

    type = Cost()
    name = "cost_rank"
    inherit_cache = True


def _only(element: FunctionElement[str], compiler: SQLCompiler, **kw: Any) -> str:
    clauses: list[ColumnElement[Any]] = list(element.clauses)
    return compiler.process(clauses[0], **kw)


@compiles(cost_sum, "sqlite")
def _sum_on_sqlite(element: cost_sum, compiler: SQLCompiler, **kw: Any) -> str:
    cost = _only(element, compiler, **kw)
    low = 2**LOW_BITS - 1
    is_whole = f"{cost} < ''"  # every number stands before every text
    high_sum = f"sum(CASE WHEN {is_whole} THEN {cost} >> {LOW_BITS} END)"
    low_sum = f"sum(CASE WHEN {is_whole} THEN {cost} & {low} END)"
    return f"exact_total({high_sum}, {low_sum}, exact_sum({cost}) FILTER (WHERE {cost} >= ''))"


@compiles(cost_sum)
def _sum_on_postgresql(element: cost_sum, compiler: SQLCompiler, **kw: Any) -> str:
    return f"sum({_only(element, compiler, **kw)})"


@compiles(cost_rank, "sqlite")
def _rank_on_sqlite(element: cost_rank, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{_only(element, compiler, **kw)} COLLATE exact_decimal"


@compiles(cost_rank)
def _rank_on_postgresql(element: cost_rank, compiler: SQLCompiler, **kw: Any) -> str:
    return _only(element, compiler, **kw)


class _ExactSum:
    """The sum of the costs that SQLite keeps as text."""

    def __init__(self) -> None:
        self.total: Decimal | None = None

    def step(self, text: str) -> None:
        self.total = EXACT.add(self.total or Decimal(), Decimal(text))

    def finalize(self) -> str | None:
        return None if self.total is None else str(self.total)


def _exact_total(high: int | None, low: int | None, others: str | None) -> str | None:
    """The sum of whole units, given in two parts, and of the other costs."""
    if high is None and others is None:
        return None
    units = ((high or 0) << LOW_BITS) + (low or 0)
    return _plain(EXACT.add(_decimal(units), Decimal(others or 0)))


def _compared(one: str, other: str) -> int:
    difference = EXACT.compare(Decimal(one), Decimal(other))
    return int(difference)


def add_exact_sums(connection: sqlite3.Connection) -> None:
    """Teach a connection the functions that `cost_sum` and `cost_rank` call on SQLite."""
    aggregate: Any = _ExactSum
    connection.create_aggregate("exact_sum", 1, aggregate)
    connection.create_function("exact_total", 3, _exact_total, deterministic=True)
    connection.create_collation("exact_decimal", _compared)
