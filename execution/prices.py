"""What a schema says that its fields cost: @cost and @listSize, as Strawberry's fields declare and the SDL prints them.

Sources: IBM's GraphQL cost directives specification; Apollo Federation 2.9, which imports both directives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)

from execution.feeds import BatchFed

DEFINITION = "strawberry-definition"  # where Strawberry keeps what it was made of
EACH = "each"  # in a field's metadata: whether its weight counts for each parent, whatever feeds it
OF_OBJECT = 0.1  # what an object of an answer costs: 10 microseconds, to be read and written
OF_INTROSPECTION = {"__schema": 1_000, "__type": 20}  # what they cost, all below them included
CHARACTERS = 100  # of a text that count as one value of an input
VALUES = 10  # of a list that do
WITHIN = 5  # times what is given within an input of some weight counts: a condition on the records of a record
UNSIZED = 10  # objects that a list is taken to hold where nothing says how many


def declared(element: Any, name: str) -> Any:
    """The directive of this name at a field, an argument, an input field or a type; None where there is none."""
    definition = element.extensions.get(DEFINITION)
    for directive in getattr(definition, "directives", None) or ():
        known = type(directive).__strawberry_directive__
        if (known.graphql_name or known.python_name) == name:
            return directive
    return None


def weight_of(element: Any, default: float = 0) -> float:
    """What @cost says of an element."""
    directive = declared(element, "cost")
    return default if directive is None else float(directive.weight)


@dataclass(frozen=True, eq=False)
class Price:
    """What one field costs, and how many objects it leads to."""

    weight: float  # what @cost says
    is_batched: bool = False  # one statement answers it for all parents, so that they share the weight
    of_object: float = OF_OBJECT  # what each object that it leads to costs
    is_list: bool = False
    slices: tuple[str, ...] = ()  # the arguments that say how many there are
    sized_fields: frozenset[str] = frozenset()  # the fields of its type that hold so many; none where its own list does
    assumed: float = UNSIZED  # how many there are where no argument says so
    keys: str | None = None  # the argument that has a key for each object of its list, as `ids` of `nodes` has
    arguments: Mapping[str, GraphQLArgument] = field(default_factory=dict)

    @property
    def is_page(self) -> bool:
        """Whether it is cut in pages, to which the limits on pages apply. Source: Relay's connections."""
        return {"first", "last"} <= set(self.slices)


def price_of(definition: GraphQLField) -> Price:
    """The price of a field, as its declaration has it."""
    field_definition = definition.extensions.get(DEFINITION)
    is_batched = isinstance(getattr(field_definition, "feed", None), BatchFed)
    each = (getattr(field_definition, "metadata", None) or {}).get(EACH)
    size = declared(definition, "listSize")
    assumed = getattr(size, "assumed_size", None)
    return Price(
        weight=weight_of(definition),
        is_batched=is_batched if each is None else not each,
        of_object=weight_of(get_named_type(definition.type), OF_OBJECT),
        is_list=is_list_type(get_nullable_type(definition.type)),
        slices=tuple(getattr(size, "slicing_arguments", None) or ()),
        sized_fields=frozenset(getattr(size, "sized_fields", None) or ()),
        assumed=UNSIZED if assumed is None else assumed,
        keys=None if size else _keys(definition),
        arguments=definition.args,
    )


def _keys(definition: GraphQLField) -> str | None:
    required = [name for name, one in definition.args.items() if is_non_null_type(one.type)]
    if len(required) != 1 or not is_list_type(get_nullable_type(definition.type)):
        return None
    return required[0] if is_list_type(get_nullable_type(definition.args[required[0]].type)) else None


@dataclass(eq=False)
class Prices:
    """The prices of one schema's fields and inputs, looked up once."""

    _fields: dict[int, Price] = field(default_factory=dict)
    _types: dict[str, float] = field(default_factory=dict)
    _weighty: dict[str, bool] = field(default_factory=dict)

    def of(self, definition: GraphQLField) -> Price:
        """The price of a field."""
        known = self._fields.get(id(definition))
        if known is None:
            known = self._fields[id(definition)] = price_of(definition)
        return known

    def of_type(self, of: GraphQLNamedType) -> float:
        """What an object of a type costs."""
        known = self._types.get(of.name)
        if known is None:
            known = self._types[of.name] = weight_of(of, OF_OBJECT)
        return known

    def is_weighty(self, of: Any) -> bool:
        """Whether an input of this type can cost anything."""
        named = get_named_type(of)
        if not isinstance(named, GraphQLInputObjectType):
            return False
        if named.name not in self._weighty:
            self._weighty[named.name] = any(map(weight_of, _input_fields(named)))
        return self._weighty[named.name]

    def of_value(self, value: Any, given: Given) -> float:
        """What a variable's value costs there: the sum over the members that it gives."""
        total, waiting = 0.0, [(value, given)]
        while waiting:
            value, given = waiting.pop()
            if value is None:
                continue
            total += given.cost(value)
            if not self.is_weighty(given.of):
                continue
            if isinstance(value, list):
                member_of = given.inner(given.of)
                waiting += [(one, member_of) for one in value]
            elif isinstance(value, Mapping) and value:
                named: Any = get_named_type(given.of)
                for name, member in named.fields.items():
                    key = member.out_name if member.out_name in value else name
                    if value.get(key) is not None:
                        waiting.append((value[key], given.inner(member.type, weight_of(member))))
        return total


@dataclass(frozen=True)
class Given:
    """What a value is given for: its type, the weight of what it is given for, and how often that counts."""

    of: Any
    weight: float = 0
    times: float = 1

    def cost(self, value: str | list[Any] | Any) -> float:
        """What the value costs itself: the weight, again for every so many characters or members that it has."""
        most = CHARACTERS if isinstance(value, str) else VALUES
        size = len(value) if isinstance(value, str | list) else 0
        return self.times * self.weight * max(1, size / most)

    def inner(self, of: Any, weight: float = 0) -> Given:
        """What a member of the value is given for; below a weight it counts for many."""
        return Given(of, weight, self.times * WITHIN if self.weight else self.times)


def _input_fields(first: GraphQLInputObjectType) -> Iterator[Any]:
    """All input fields of a type and of the types of those."""
    waiting, seen = [first], {first.name}
    while waiting:
        for member in waiting.pop().fields.values():
            yield member
            named = get_named_type(member.type)
            if isinstance(named, GraphQLInputObjectType) and named.name not in seen:
                seen.add(named.name)
                waiting.append(named)
