"""Chart specifications, version 1, as models.

A document of VAI's comes in with its words in lower case (`bar`, `count_distinct`, `notIn`); here they are in upper
case, as in the graph, and `to_document` writes them back as VAI has them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from db.comparisons import MOST_VALUES
from errors import InvalidInputError
from operations.operation import FreeValue, Name, Storable
from operations.problems import problems_of

MOST_MEASURES = 20
MOST_FILTERS = 50
MOST_POINTS = 10_000  # VAI's ceiling of `spec.limit`
DEFAULT_POINTS = 1_000  # VAI's own default
MOST_UNITS = 10_000  # that a relative date looks back
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SIGNS = {"=": "EQ", "==": "EQ", "!=": "NE", "<>": "NE", "<": "LT", "<=": "LTE", ">": "GT", ">=": "GTE"}


def upper_word(word: Any) -> Any:
    """A word as the graph has it: `notIn`, `not_in` and `not-in` are NOT_IN; what is no text stays as it is."""
    if not isinstance(word, str):
        return word
    return _SIGNS.get(word) or _HUMP.sub("_", word.strip()).replace("-", "_").replace(" ", "_").upper()


def lower_word(word: str) -> str:
    """A word of the graph as VAI has it: in lower case."""
    return word.lower()


def operator_word(word: str) -> str:
    """An operator of the graph as a document has it: NOT_IN is `notIn`."""
    first, *others = word.lower().split("_")
    return first + "".join(other.capitalize() for other in others)


Kind = Literal["BAR", "LINE", "AREA", "PIE", "DONUT", "SCATTER", "HEATMAP", "HISTOGRAM", "TABLE", "VALUE"]
Aggregate = Literal["SUM", "COUNT", "AVG", "MIN", "MAX", "COUNT_DISTINCT", "MEDIAN"]
Theme = Literal["AUTO", "LIGHT", "DARK"]
Unit = Literal["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"]
Operator = Literal[
    "EQ", "NE", "IN", "NOT_IN", "LT", "LTE", "GT", "GTE", "BETWEEN", "CONTAINS", "STARTS_WITH",
    "IS_NULL", "IS_NOT_NULL", "LAST", "THIS_UNIT",
]  # fmt: skip
Direction = Literal["ASC", "DESC"]
SortBy = Literal["X", "Y"]

AnyCase = BeforeValidator(upper_word)
Heading = Annotated[str, Field(max_length=1_000), Storable]


class SpecPart(BaseModel):
    """A part of a specification. Members that nobody knows are left out; null is as if it were not given."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {name: value for name, value in given.items() if value is not None}


class ChartAxis(SpecPart):
    """The column that a chart's x axis shows."""

    column: Name = Field(description="Name of the column.")
    truncate: Annotated[Unit, AnyCase] | None = Field(
        None, description="Unit that dates and moments are cut to, in UTC; null for as they are."
    )


class ChartMeasure(SpecPart):
    """A figure that a chart shows: a column, summed up."""

    column: Name | None = Field(None, description="Name of the column; null where rows are counted.")
    agg: Annotated[Aggregate, AnyCase] = Field(description="How its rows are summed up.")
    label: Heading | None = Field(None, description="How it is called in the chart; null for a name made of the two.")

    @property
    def name(self) -> str:
        """What it is called: its label, or such as `sum of amount`, `count`."""
        words = lower_word(self.agg).replace("_", " ")
        return self.label or (f"{words} of {self.column}" if self.column else words)

    @model_validator(mode="after")
    def _has_column(self) -> Self:
        if self.column is None and self.agg != "COUNT":
            raise _fault(self, ("column",), f"{self.agg} takes a column; only COUNT counts rows without one")
        return self


class ChartGroup(SpecPart):
    """The column that splits a chart's figures into series."""

    column: Name = Field(description="Name of the column.")


class ChartFilter(SpecPart):
    """A condition on the rows that a chart sums up."""

    column: Name = Field(description="Name of the column.")
    op: Annotated[Operator, AnyCase] = Field(description="How the column is compared.")
    value: FreeValue = Field(
        None,
        description="What the column is compared with: a list for IN and NOT_IN, two values for BETWEEN, "
        '`{"n": 30, "unit": "DAY"}` for LAST, a unit such as `"MONTH"` for THIS_UNIT, nothing for IS_NULL and '
        "IS_NOT_NULL, and one value for all others.",
    )

    @model_validator(mode="after")
    def _has_fitting_value(self) -> Self:
        wrong = _VALUES.get(self.op, _one_value)(self.value)
        if wrong:
            raise _fault(self, ("value",), f"`{operator_word(self.op)}` takes {wrong}")
        return self


class ChartSort(SpecPart):
    """The order of a chart's points."""

    by: Annotated[SortBy, AnyCase] = Field(description="What counts: x, or the first measure.")
    order: Annotated[Direction, AnyCase] = Field("ASC", description="Which way; null stands last either way.")


class ChartSpec(SpecPart):
    """What a chart shows, version 1."""

    v: int = Field(1, ge=1, le=1, description="Version of the specification; there is only 1.")
    kind: Annotated[Kind, AnyCase] = Field(description="How it is drawn.")
    title: Heading | None = Field(None, description="Heading.")
    subtitle: Heading | None = Field(None, description="Second heading.")
    theme: Annotated[Theme, AnyCase] = Field("AUTO", description="Colours.")
    x: ChartAxis = Field(description="The x axis.")
    y: list[ChartMeasure] = Field(min_length=1, max_length=MOST_MEASURES, description="The figures; 1 to 20.")
    group: ChartGroup | None = Field(None, description="What splits the figures into series; null for one series.")
    filters: list[ChartFilter] = Field(
        default_factory=list, max_length=MOST_FILTERS, description="Which rows are summed up; all hold at once."
    )
    sort: ChartSort | None = Field(
        None, description="Order of the points; null for by x, or of slices the greatest first."
    )
    limit: int = Field(DEFAULT_POINTS, ge=1, le=MOST_POINTS, description="Most points; 1 to 10,000.")

    @model_validator(mode="after")
    def _has_group(self) -> Self:
        if self.kind == "HEATMAP" and self.group is None:
            raise _fault(self, ("group",), "a heatmap takes a group: the column of its y axis")
        return self

    def to_document(self) -> dict[str, Any]:
        """The specification as VAI has it, to be kept as `charts.spec`."""
        written = self.model_dump()
        for name in ("kind", "theme"):
            written[name] = lower_word(written[name])
        written["x"] = _axis_document(self.x)
        written["y"] = [one.model_dump() | {"agg": lower_word(one.agg)} for one in self.y]
        written["filters"] = [one.model_dump() | {"op": operator_word(one.op)} for one in self.filters]
        if self.sort:
            written["sort"] = {"by": lower_word(self.sort.by), "order": lower_word(self.sort.order)}
        return written


def _axis_document(axis: ChartAxis) -> dict[str, Any]:
    if axis.truncate is None:
        return {"column": axis.column}  # as VAI leaves it out
    return {"column": axis.column, "truncate": lower_word(axis.truncate)}


def _fault(model: BaseModel, place: tuple[str | int, ...], message: str) -> ValidationError:
    fault = PydanticCustomError("chart_spec", "{message}", {"message": message})
    return ValidationError.from_exception_data(
        type(model).__name__, [InitErrorDetails(type=fault, loc=place, input=None)]
    )


def _one_value(value: Any) -> str | None:
    return (
        None if isinstance(value, (str, int, float, Decimal, bool)) else "one value: a text, a number or true or false"
    )


def _list(value: Any) -> str | None:
    is_fit = isinstance(value, list) and 1 <= len(value) <= MOST_VALUES and not any(map(_one_value, value))
    return None if is_fit else f"a list of 1 to {MOST_VALUES} values"


def _pair(value: Any) -> str | None:
    is_fit = isinstance(value, list) and len(value) == 2 and not any(map(_one_value, value))
    return None if is_fit else "a list of two values, the least and the greatest"


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) else "a text"


def _nothing(value: Any) -> str | None:
    return None if value is None or value is True else "no value"


def _span(value: Any) -> str | None:
    told = f'such as {{"n": 30, "unit": "DAY"}}, with n from 1 to {MOST_UNITS}'
    if not isinstance(value, dict) or upper_word(value.get("unit")) not in UNITS:
        return told
    count = value.get("n")
    return None if type(count) is int and 1 <= count <= MOST_UNITS else told


def _unit(value: Any) -> str | None:
    return None if upper_word(value) in UNITS else f"a unit: one of {', '.join(UNITS)}"


UNITS: tuple[str, ...] = get_args(Unit)
_VALUES: dict[str, Callable[[Any], str | None]] = {
    "IN": _list,
    "NOT_IN": _list,
    "BETWEEN": _pair,
    "CONTAINS": _text,
    "STARTS_WITH": _text,
    "IS_NULL": _nothing,
    "IS_NOT_NULL": _nothing,
    "LAST": _span,
    "THIS_UNIT": _unit,
}


def chart_spec(document: Any, at: str = "spec") -> ChartSpec:
    """The specification that a document states.

    Raises InvalidInputError with all that is wrong, by paths such as `spec.y[0].agg`.
    """
    try:
        return ChartSpec.model_validate(document)
    except ValidationError as error:
        raise InvalidInputError(problems_of(error, at)) from error
