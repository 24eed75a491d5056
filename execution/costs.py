"""Stage: costs. What an operation may cost, before it runs: the work of the database and of writing the answer.

A) a field has a price: once for all its parents where a batch function answers it with one statement, else for each.
B) an object that may come costs a little. There are as many as the sizes of the pages, multiplied down the levels.
C) so what stands at a place costs `fixed`, and `each` for every parent; both are sums over the fields there. What no
variable changes is summed up once for the operation, the rest for each request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    GraphQLObjectType,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    StringValueNode,
    Undefined,
    VariableNode,
    get_named_type,
)

from execution.limits import COST, KEYS, DocumentLimits
from execution.merging import Key, Merging, Occurrence, Source, apart, key_of
from execution.prices import OF_INTROSPECTION, Given, Price, Prices, weight_of

Values = Mapping[str, Any]  # of a request's variables
Amount = float | Callable[[Values], float]  # known, or by the variables
MOST_DIGITS = 10  # of a number that says how many; a longer one is out of range anyway
MOST_TOLD = 2**53  # of a cost, so that every client can read it


class Cost(NamedTuple):
    """What stands at a place of the document costs: `fixed`, and `each` for every parent."""

    fixed: float = 0
    each: float = 0


@dataclass(frozen=True, eq=False)
class Place:
    """A field at a place of the document: how many objects it leads to for each parent, and what lies below it."""

    price: Price
    count: Amount
    inputs: tuple[Amount, ...]
    below: Bill

    @property
    def is_known(self) -> bool:
        """Whether no variable changes what it costs."""
        return not any(map(callable, (self.count, *self.inputs))) and self.below.known is not None

    def cost(self, values: Values) -> Cost:
        """What it costs."""
        inner = self.below.cost(values)
        times = 1 + self.below.counted if self.price.sized_fields else 1
        own = self.price.weight + times * sum(_amount(one, values) for one in self.inputs)
        objects = _amount(self.count, values) * (self.price.of_object + inner.each)  # B
        if self.price.is_batched:  # A
            return Cost(own + inner.fixed, objects)
        return Cost(inner.fixed, own + objects)


@dataclass(eq=False)
class Bill:
    """What a selection costs: `common` on all objects, `by_type` on those of each type, of which an object has one."""

    common: list[Place] = field(default_factory=list)
    by_type: dict[GraphQLObjectType, list[Place]] = field(default_factory=dict)
    known: Cost | None = None
    counted: int = 0  # how many fields have a price of their own, as `totalCount` has

    def close(self) -> Bill:
        """The bill with all places on it, summed up if no variable changes it."""
        self.counted = sum(place.price.weight > 0 for place in self.common)
        if all(place.is_known for places in (self.common, *self.by_type.values()) for place in places):
            self.known = self._summed({})
            self.common, self.by_type = [], {}  # which nobody needs any more
        return self

    def cost(self, values: Values) -> Cost:
        """What the selection costs. Raises LimitError where too many keys are given."""
        return self.known or self._summed(values)

    def _summed(self, values: Values) -> Cost:  # C
        common = _sum(self.common, values)
        others = [_sum(places, values) for places in self.by_type.values()]
        fixed = common.fixed + sum(one.fixed for one in others)
        return Cost(fixed, common.each + max((one.each for one in others), default=0))

    def total(self, values: Values) -> float:
        """What the operation costs whose bill it is. Raises LimitError where too many keys are given."""
        cost = self.known or self._summed(values)
        return cost.fixed + cost.each


def _sum(places: Sequence[Place], values: Values) -> Cost:
    costs = [place.cost(values) for place in places]
    return Cost(sum(one.fixed for one in costs), sum(one.each for one in costs))


def _amount(amount: Amount, values: Values) -> float:
    return amount(values) if callable(amount) else amount


@dataclass(frozen=True)
class Quote:
    """What an operation may cost, with these variables, and by which prices and limits."""

    total: float
    prices: Prices
    limits: DocumentLimits


def check_cost(total: float, limits: DocumentLimits) -> None:
    """Raises LimitError where an operation costs too much."""
    if total > limits.cost:
        COST.check(int(min(total, MOST_TOLD)) + 1, limits)


@dataclass(eq=False)
class Billing:
    """Writes the bill of an operation."""

    merging: Merging
    prices: Prices
    limits: DocumentLimits
    _known: dict[Key, Bill] = field(default_factory=dict)

    def bill(self, operation: OperationDefinitionNode) -> Bill:
        """The bill. Raises LimitError where the document itself gives too many keys."""
        return self._of_selection(self.merging.root(operation), {})

    def _of_selection(self, sources: Sequence[Source], counts: Mapping[str, Amount]) -> Bill:
        """The bill of a selection; `counts` says of fields in it how many objects they hold."""
        key = key_of(sources)
        if key not in self._known:
            bill = self._known[key] = Bill()
            parents = {parent for parent, _set in sources}
            for occurrences in self.merging.fields(sources).values():
                for part in apart(occurrences):
                    on: Any = next((one for one, _node in part if isinstance(one, GraphQLObjectType)), None)
                    places = bill.common if on is None or on in parents else bill.by_type.setdefault(on, [])
                    places += self._places(part, counts)
            bill.close()
        return self._known[key]

    def _places(self, occurrences: list[Occurrence], counts: Mapping[str, Amount]) -> Iterator[Place]:
        """The field, if it costs anything."""
        definition, node = self.merging.definition(occurrences[0]), occurrences[0][1]
        if node.name.value in OF_INTROSPECTION:
            yield Place(Price(OF_INTROSPECTION[node.name.value]), 0.0, (), Bill().close())
        if definition is None:
            return
        price = self.prices.of(definition)
        asked = Asked(node, price, self.prices, self.limits)
        given = counts.get(node.name.value)
        passed = dict.fromkeys(price.sized_fields, asked.count) if price.sized_fields else {}
        sources = self.merging.below(occurrences)
        count = given
        if count is None:
            count = asked.count if price.is_list and not price.sized_fields else float(bool(sources))
        if sources or price.weight or given is not None:
            yield Place(price, count, tuple(asked.inputs()), self._of_selection(sources, passed))


@dataclass(frozen=True)
class Asked:
    """What a field's arguments ask for."""

    node: FieldNode
    price: Price
    prices: Prices
    limits: DocumentLimits

    @property
    def count(self) -> Amount:
        """How many objects."""
        price, limits = self.price, self.limits
        if price.keys is not None:
            return _by_variables([self._given(price.keys)], lambda given: _keys(given[0], limits))
        most, usual = (limits.page_ceiling, limits.page_default) if price.is_page else (MOST_TOLD, price.assumed)
        return _by_variables(list(map(self._given, price.slices)), lambda given: _count(given, most, usual))

    def _given(self, name: str) -> Any:
        """An argument's value as far as it says how many: a number, a list of whatever, or the variable."""
        value = next((one.value for one in self.node.arguments or () if one.name.value == name), None)
        if isinstance(value, VariableNode):
            return value
        if isinstance(value, IntValueNode):
            return int(value.value[: MOST_DIGITS + 1])
        if isinstance(value, ListValueNode):
            return list(value.values)
        default = self.price.arguments[name].default_value if value is None and name in self.price.arguments else None
        return None if default is Undefined else default

    def inputs(self) -> Iterator[Amount]:
        """What the arguments cost: known for what is written out, by its values for each variable."""
        known, waiting = 0.0, list(self._arguments())
        while waiting:
            value, given = waiting.pop()
            if isinstance(value, VariableNode):
                yield _of_variable(self.prices, value.name.value, given)
            elif not isinstance(value, NullValueNode):
                known += given.cost(_sized(value))
                waiting += self._members(value, given)
        if known:
            yield known

    def _arguments(self) -> Iterator[tuple[Any, Given]]:
        for argument in self.node.arguments or ():
            definition = self.price.arguments.get(argument.name.value)
            if definition and self.prices.is_weighty(definition.type):
                yield argument.value, Given(definition.type)

    def _members(self, value: Any, given: Given) -> Iterator[tuple[Any, Given]]:
        """What stands in a value that is written out, if it can cost anything."""
        if isinstance(value, ListValueNode):
            declared = [(one, given.inner(given.of)) for one in value.values]
        else:
            of: Any = getattr(get_named_type(given.of), "fields", {})
            members = [one for one in getattr(value, "fields", ()) if one.name.value in of]
            declared = [
                (one.value, given.inner(of[one.name.value].type, weight_of(of[one.name.value]))) for one in members
            ]
        return (one for one in declared if one[1].weight or self.prices.is_weighty(one[1].of))


def _sized(value: Any) -> Any:
    """A value that is written out, as far as its size counts."""
    if isinstance(value, ListValueNode):
        return list(value.values)
    return value.value if isinstance(value, StringValueNode) else None


def _of_variable(prices: Prices, name: str, given: Given) -> Callable[[Values], float]:
    return lambda values: prices.of_value(values.get(name), given)


def _by_variables(given: Sequence[Any], count: Callable[[Sequence[Any]], float]) -> Amount:
    """How many there are with these values given: the number itself where none of them is a variable."""
    names = {place: one.name.value for place, one in enumerate(given) if isinstance(one, VariableNode)}
    if not names:
        return count(given)

    def counted(values: Values) -> float:
        return count([values.get(names[place]) if place in names else one for place, one in enumerate(given)])

    return counted


def _keys(given: Any, limits: DocumentLimits) -> float:
    count = len(given) if isinstance(given, list) else 1
    KEYS.check(count, limits)
    return float(count)


def _count(given: Sequence[Any], most: float, usual: float) -> float:
    """How many objects there are by the arguments that are given."""
    count = max((one for one in given if isinstance(one, int)), default=usual)
    return float(min(max(count, 0), most))
