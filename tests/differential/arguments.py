"""Arguments of random operations: values of an input type, written as literals, as variables, or mixed.

A `Values` knows nothing but the types; a world adds what its data makes interesting, such as ids that exist.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
    is_required_argument,
    is_required_input_field,
)

Place = tuple[str, ...]  # the field or directive, the argument, then the input fields down to the value
INPUT_DEPTH = 3  # how deep input objects nest
ODD_VALUES: tuple[Any, ...] = ({"odd": 1}, ["odd", [None]], "odd", 2**40, 1.5, True)


class Values:
    """Random values of input types; `seldom` names fields that cost more than they tell.

    `mutates` tells whether operations may be mutations, which takes a world that can be compared after each of them.
    """

    seldom: frozenset[str] = frozenset()
    mutates = True

    def __init__(self, random: Random) -> None:
        self.random = random

    def scalar(self, name: str, place: Place) -> Any:
        """A value of a scalar type."""
        pick = self.random
        if name == "Int":
            return pick.choice((-1, 0, 1, 2, 3, 7, 2**31 - 1))
        if name == "Float":
            return pick.choice((-1.5, 0, 0.25, 3, 1e30))
        if name == "Boolean":
            return pick.random() < 0.5
        if name == "ID":
            return pick.choice(("1", "2", "none", ""))
        return pick.choice(("", "a", "b", 'say "hi"\n', "ü€\U0001f600", "%_\\"))

    def chosen(self, place: Place, arguments: dict[str, GraphQLArgument]) -> list[str]:
        """Which of the arguments to give, in which order; the required ones are among them."""
        given = [name for name, one in arguments.items() if is_required_argument(one) or self.random.random() < 0.4]
        self.random.shuffle(given)
        return given

    def of(self, kind: GraphQLInputType, place: Place) -> Any:
        """A value of an input type, as JSON has it; often null where that is allowed."""
        if isinstance(kind, GraphQLNonNull):
            return self._not_null(kind.of_type, place)
        return None if self.random.random() < 0.06 else self._not_null(kind, place)

    def _not_null(self, kind: Any, place: Place) -> Any:
        if isinstance(kind, GraphQLList):
            if self.random.random() < 0.1:
                return self._not_null(kind.of_type.of_type if is_non_null(kind.of_type) else kind.of_type, place)
            return [self.of(kind.of_type, place) for _ in range(self.random.choice((0, 1, 1, 2, 3)))]
        if isinstance(kind, GraphQLEnumType):
            return self.random.choice(list(kind.values))
        if isinstance(kind, GraphQLInputObjectType):
            return self._object(kind, place)
        return self.scalar(kind.name, place)

    def _object(self, kind: GraphQLInputObjectType, place: Place) -> dict[str, Any]:
        is_deep = len(place) >= INPUT_DEPTH + 1
        optional = [
            name
            for name, one in kind.fields.items()
            if not is_required_input_field(one) and not (is_deep and holds_objects(one.type))
        ]
        names = [name for name, one in kind.fields.items() if is_required_input_field(one)]
        names += self.random.sample(optional, min(len(optional), self.random.choice((0, 1, 1, 1, 2))))
        return {name: self.of(kind.fields[name].type, (*place, name)) for name in names}


def is_non_null(kind: Any) -> bool:
    """Whether the type admits no null."""
    return isinstance(kind, GraphQLNonNull)


def holds_objects(kind: Any) -> bool:
    """Whether the type is made of input objects."""
    while hasattr(kind, "of_type"):
        kind = kind.of_type
    return isinstance(kind, GraphQLInputObjectType)


@dataclass
class Variables:
    """The variables of one operation: what it declares, and what is given."""

    values: Values
    declared: dict[str, tuple[str, str]] = field(default_factory=dict)  # name -> type, ` = default` or nothing
    given: dict[str, Any] = field(default_factory=dict)
    features: set[str] = field(default_factory=set)

    def written(self, kind: GraphQLInputType, place: Place, *, default: Any = Undefined) -> str:
        """A value of the type, as text: a literal, a variable, or a literal with variables inside."""
        value = self.values.of(kind, place)
        return self._text(value, kind, default, inside=len(place) > 2)

    def variable(self, kind: GraphQLInputType, value: Any) -> str:
        """A variable of exactly this type that is given this value."""
        return self._declare(str(kind), "", value)

    def _text(self, value: Any, kind: Any, default: Any, *, inside: bool) -> str:
        if self.values.random.random() < (0.12 if inside else 0.4):
            self.features.add("variable inside a value" if inside else "variable")
            return self._as_variable(value, kind, default)
        if isinstance(value, dict) and isinstance(named(kind), GraphQLInputObjectType):
            fields = named(kind).fields
            parts = (
                f"{name}: {self._text(one, fields[name].type, Undefined, inside=True)}" for name, one in value.items()
            )
            return "{" + ", ".join(parts) + "}"
        of = nullable(kind)
        if isinstance(value, list) and isinstance(of, GraphQLList):
            return "[" + ", ".join(self._text(one, of.of_type, Undefined, inside=True) for one in value) + "]"
        return literal(value, kind)

    def _as_variable(self, value: Any, kind: Any, default: Any) -> str:
        pick = self.values.random
        same = [name for name, (text, _) in self.declared.items() if text == str(kind)]
        if same and pick.random() < 0.3:
            self.features.add("variable used twice")
            return f"${pick.choice(same)}"
        if is_non_null(kind):
            return self._of_non_null(value, kind)
        if default not in (Undefined, None) and pick.random() < 0.2:
            self.features.add("nullable variable where the argument has a default")
        if pick.random() < 0.3:
            return self._with_default(value, kind)
        if value is not None and pick.random() < 0.2:
            self.features.add("non-null variable in a nullable place")
            return self._declare(f"{kind}!", "", value)
        chance = pick.random()
        if chance < 0.12:
            self.features.add("variable omitted")
            return self._declare(str(kind), "", Undefined)
        if chance < 0.22:
            self.features.add("variable null")
            return self._declare(str(kind), "", None)
        return self._declare(str(kind), "", self._perhaps_odd(value))

    def _of_non_null(self, value: Any, kind: Any) -> str:
        pick = self.values.random
        if pick.random() < 0.15:
            self.features.add("nullable variable with a default in a non-null place")
            given = pick.choice((Undefined, Undefined, value, None))
            return self._declare(str(kind.of_type), f" = {literal(value, kind)}", given)
        if pick.random() < 0.15:
            return self._declare(str(kind), f" = {literal(value, kind)}", Undefined)
        if pick.random() < 0.01:
            return self._declare(str(kind), "", Undefined)
        return self._declare(str(kind), "", self._perhaps_odd(value))

    def _with_default(self, value: Any, kind: Any) -> str:
        self.features.add("variable with a default")
        given = self.values.random.choice((Undefined, Undefined, value, None))
        if given is Undefined:
            self.features.add("variable with a default omitted")
        return self._declare(str(kind), f" = {literal(value, kind)}", given)

    def _perhaps_odd(self, value: Any) -> Any:
        if self.values.random.random() < 0.03:
            self.features.add("variable of the wrong type")
            return self.values.random.choice(ODD_VALUES)
        return value

    def _declare(self, kind: str, default: str, given: Any) -> str:
        name = f"v{len(self.declared)}"
        self.declared[name] = (kind, default)
        if given is not Undefined:
            self.given[name] = given
        return f"${name}"


def nullable(kind: Any) -> Any:
    """The type without its outer `!`."""
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind


def named(kind: Any) -> Any:
    """The type without any wrapping."""
    while hasattr(kind, "of_type"):
        kind = kind.of_type
    return kind


def literal(value: Any, kind: Any) -> str:
    """A JSON value as a GraphQL literal of the type."""
    of = nullable(kind)
    if isinstance(value, list):
        item = of.of_type if isinstance(of, GraphQLList) else of
        return "[" + ", ".join(literal(one, item) for one in value) + "]"
    base = named(of)
    if isinstance(value, dict):
        fields = base.fields if isinstance(base, GraphQLInputObjectType) else {}
        parts = (
            f"{name}: {literal(one, fields[name].type if name in fields else base)}" for name, one in value.items()
        )
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, str) and isinstance(base, GraphQLEnumType):
        return value
    return json.dumps(value, ensure_ascii=False)
