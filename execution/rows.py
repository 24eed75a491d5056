"""Stage: rows. Generates the function that makes the dicts of a selection from objects of one class.

A) which fields stand where: what rows hold is written in the dict itself, the others come as lists, one value each
object.  B) what lies in a row is unpacked into variables, what is an attribute is read.  C) one comprehension makes
all dicts, their keys in the order of the document.  D) if it raises, the objects are gone through one by one, and a
fault takes the place of each value that could not be written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from execution.complete import Frame
from execution.faults import Fault
from execution.feeds import RowColumn
from execution.plan import Attribute, FieldPlan, SelectionPlan, Typename
from execution.sizes import Measure, measure_of

FUNCTIONS_OF_ONE = 16  # classes of rows that one selection meets; more mean that somebody makes them by the request
RowFunction = Callable[..., list[dict[str, Any]]]


def dicts_of(frame: Frame, lists: Sequence[Sequence[Any]], lost: Callable[[], None]) -> list[dict[str, Any]]:
    """One dict per object; `lists` holds the values of the frame's fields. Raises nothing."""
    plan, sources = frame.plan, frame.sources
    function: RowFunction = _known(plan.functions, row_function, frame)
    try:
        return function(sources, lists, lost)
    except Exception:
        return [_carefully(plan, source, values, lost) for source, values in _with_values(sources, lists)]  # D


def bytes_of(frame: Frame) -> int:
    """The bytes that the frame's rows take in the answer, each once, but for the values of the frame's fields."""
    measure: Measure = _known(frame.plan.measures, measure_of, frame)
    return measure.bytes_of(frame.sources)


def _known(known: dict[type | None, Any], made: Callable[[SelectionPlan, type | None], Any], frame: Frame) -> Any:
    """What was made of the frame's plan for its class of rows, or is made now."""
    one = known.get(frame.kind)
    if one is None:
        if len(known) >= FUNCTIONS_OF_ONE:
            known.clear()
        one = known[frame.kind] = made(frame.plan, frame.kind)
    return one


def row_function(plan: SelectionPlan, kind: type | None) -> RowFunction:
    """The function that makes the dicts of a selection from rows of a class, or, for None, from any objects."""
    layout: Sequence[RowColumn] = getattr(kind, "layout", ())
    places = {column.name: place for place, column in enumerate(layout)}
    namespace: dict[str, Any] = {}
    members, used = [], set()
    listed = {one.key: number for number, one in enumerate(plan.outer if kind else plan.resolved)}
    for number, one in enumerate(plan.fields):  # A
        if isinstance(one.source, Typename):
            expression = repr(plan.on.name)
        elif one.key in listed:
            expression = f"x{listed[one.key]}"
        else:
            place = places.get(one.source.name)  # type: ignore[union-attr]
            column = None if place is None else layout[place]
            expression = _expression(one, number, column, f"c{place}", namespace)
            used.add("s" if place is None else f"c{place}")
        members.append(f"{one.key!r}: {expression}")
    return _compiled(members, len(layout), used, len(listed), namespace)


def _expression(one: FieldPlan, number: int, column: RowColumn | None, variable: str, namespace: dict[str, Any]) -> str:
    if one.leaf is None or not isinstance(one.source, Attribute):
        raise TypeError(f"{one.key} is not inline")
    namespace.update(one.leaf.functions(number, column))
    if column is None:
        return one.leaf.of_attribute(f"s.{one.source.name}", number)
    return one.leaf.of_column(column, variable, number)


def _compiled(members: list[str], width: int, used: set[str], lists: int, namespace: dict[str, Any]) -> RowFunction:
    targets, iterables = [], []
    if used - {"s"}:  # B
        names = [f"c{place}" if f"c{place}" in used else "_" for place in range(width)]
        targets.append(f"({', '.join(names)},)")
        iterables.append("sources")
    if "s" in used or not (used or lists):
        targets.append("s")
        iterables.append("sources")
    targets += [f"x{number}" for number in range(lists)]
    iterables += [f"lists[{number}]" for number in range(lists)]
    over = iterables[0] if len(iterables) == 1 else f"zip({', '.join(iterables)})"
    made = f"[{{{', '.join(members)}}} for {', '.join(targets)} in {over}]"  # C
    exec(f"def function(sources, lists, lost):\n    return {made}", namespace)  # noqa: S102  of names that GraphQL allows
    function: RowFunction = namespace["function"]
    return function


def _with_values(sources: Sequence[Any], lists: Sequence[Sequence[Any]]) -> list[tuple[Any, Sequence[Any]]]:
    return [(source, [one[place] for one in lists]) for place, source in enumerate(sources)]


def _carefully(plan: SelectionPlan, source: Any, values: Sequence[Any], lost: Callable[[], None]) -> dict[str, Any]:
    coming = iter(values)
    return {
        one.key: plan.on.name
        if isinstance(one.source, Typename)
        else _written(one, source, lost)
        if one.is_inline
        else next(coming)
        for one in plan.fields
    }


def _written(one: FieldPlan, source: Any, lost: Callable[[], None]) -> Any:
    if one.leaf is None or not isinstance(one.source, Attribute):
        raise TypeError(f"{one.key} is not inline")
    try:
        return one.leaf.written(getattr(source, one.source.name), lost)
    except Exception as error:
        lost()
        return Fault(error)
