"""Random operations over a schema, always the same for the same seed: a walk over its types, written as text.

What is written is valid by construction, so far as a generator can know: a response key means one field with one
text of arguments and one type in the whole document (on object types, sometimes one per type), so whatever merges
can be merged; fragments are spread only where their type can occur; every variable is declared with the type of its
place, or one that fits there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain, count
from random import Random
from typing import Any

from graphql import (
    DirectiveLocation,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
)

from tests.differential.arguments import Values, Variables

DEPTH = 7  # selection sets below each other
LISTS = 3  # lists of objects below each other, so that answers stay small
FIELDS = (3, 5, 8, 12, 20, 32)  # roughly, a document; fields of fragments count wherever they are spread


@dataclass(frozen=True)
class CursorPlace:
    """A variable that takes a cursor of the object at this path of response keys in an earlier answer."""

    variable: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class Operation:
    """One request: document, variables, which operation; and what it tries."""

    text: str
    variables: dict[str, Any]
    name: str | None
    kind: str
    features: frozenset[str]
    cursors: tuple[CursorPlace, ...] = ()


@dataclass(frozen=True)
class Level:
    """Where a selection set stands: how much deeper it may go, and its path unless that can be several."""

    depth: int = DEPTH
    lists: int = LISTS
    path: tuple[str, ...] | None = ()


@dataclass(frozen=True)
class Fragment:
    """A finished fragment, and what spreading it costs."""

    name: str
    type: GraphQLNamedType
    depth: int
    lists: int
    fields: int
    text: str


@dataclass(frozen=True)
class Written:
    """A field as it was written: its response key and arguments."""

    name: str
    key: str
    arguments: str


def random_operation(schema: GraphQLSchema, values: Values) -> Operation:
    """The next operation."""
    return Writer(schema, values).operation()


@dataclass
class Writer:
    """Writes one document."""

    schema: GraphQLSchema
    values: Values
    features: set[str] = field(default_factory=set)
    fragments: list[Fragment] = field(default_factory=list)
    cursors: list[CursorPlace] = field(default_factory=list)
    meanings: dict[tuple[str, str], tuple[str, str, str]] = field(default_factory=dict)
    written: dict[str, list[Written]] = field(default_factory=dict)  # by name of the type it is on

    def __post_init__(self) -> None:
        self.pick: Random = self.values.random
        self.variables = Variables(self.values)
        self.budget = self.pick.choice(FIELDS)
        self.used = self.deepest = self.most_lists = 0
        self.open_fragments = 0

    def operation(self) -> Operation:
        """The operation, with the fragments that it spreads."""
        kind = "mutation" if self.values.mutates and self.schema.mutation_type and self.pick.random() < 0.3 else "query"
        root = self.schema.mutation_type if kind == "mutation" else self.schema.query_type
        assert root is not None
        body = self._selections(root, Level())
        directives = self._directives(DirectiveLocation[kind.upper()])
        if directives:
            self.features.add(f"directive on a {kind}")
        name = self.pick.choice((None, "Asked", "Asked"))
        text = self._head(kind, name, directives) + body
        parts = [text, *(one.text for one in self.fragments)]
        if name and self.pick.random() < 0.1:
            self.features.add("several operations")
            parts.append("query Other { __typename }")
        self.pick.shuffle(parts)
        features = frozenset(self.features | self.variables.features)
        return Operation("\n".join(parts), self.variables.given, name, kind, features, tuple(self.cursors))

    def _head(self, kind: str, name: str | None, directives: str) -> str:
        declared = ", ".join(f"${one}: {of}{default}" for one, (of, default) in self.variables.declared.items())
        if kind == "query" and not name and not declared and not directives and self.pick.random() < 0.5:
            self.features.add("shorthand")
            return ""
        return f"{kind} {name or ''}{f'({declared})' if declared else ''}{directives} "

    def _selections(self, parent: GraphQLNamedType, level: Level) -> str:
        self.deepest = max(self.deepest, DEPTH - level.depth)
        self.most_lists = max(self.most_lists, LISTS - level.lists)
        wanted = self.pick.choice((1, 2, 2, 3, 4, 5)) if level.depth else 1
        parts = [self._selection(parent, level) for _ in range(wanted)]
        return "{ " + " ".join(filter(None, parts)) + " }" if any(parts) else "{ __typename }"

    def _selection(self, parent: GraphQLNamedType, level: Level) -> str:
        chance = self.pick.random()
        if level.depth and (chance < 0.12 or (is_abstract_type(parent) and chance < 0.5)):
            return self._inline_fragment(parent, level)
        if level.depth and chance > 0.86 and self.used < self.budget:
            return self._spread(parent, level)
        if isinstance(parent, GraphQLUnionType) or chance > 0.83:
            key = self.pick.choice(("", "", "type1: ", "type2: "))
            self.features.add("__typename" + (" aliased" if key else ""))
            return f"{key}__typename{self._skips(DirectiveLocation.FIELD)}"
        return self._fields(parent, level)

    def _inline_fragment(self, parent: GraphQLNamedType, level: Level) -> str:
        condition = None if self.pick.random() < 0.2 else self._overlapping(parent)
        self.features.add("inline fragment" + ("" if condition else " without a type"))
        directives = self._skips(DirectiveLocation.INLINE_FRAGMENT)
        inner = self._selections(condition or parent, replace(level, depth=level.depth - 1))
        return f"...{f' on {condition.name}' if condition else ''}{directives} {inner}"

    def _overlapping(self, parent: GraphQLNamedType) -> GraphQLNamedType:
        """A type that some value of the parent type is of."""
        possible = self._possible(parent)
        fitting = [
            one
            for one in self.schema.type_map.values()
            if not is_leaf_type(one) and (one is parent or possible & self._possible(one))
        ]
        concrete = [one for one in fitting if isinstance(one, GraphQLObjectType)]
        return self.pick.choice(concrete if is_abstract_type(parent) and self.pick.random() < 0.7 else fitting)

    def _possible(self, kind: GraphQLNamedType) -> set[str]:
        if is_abstract_type(kind):
            return {one.name for one in self.schema.get_possible_types(kind)}
        return {kind.name} if isinstance(kind, GraphQLObjectType) else set()

    def _spread(self, parent: GraphQLNamedType, level: Level) -> str:
        directives = self._skips(DirectiveLocation.FRAGMENT_SPREAD)
        possible = self._possible(parent)
        known = [
            one
            for one in self.fragments
            if one.depth < level.depth
            and one.lists <= level.lists
            and one.fields + self.used <= 2 * self.budget
            and possible & self._possible(one.type)
        ]
        if known and self.pick.random() < 0.6:
            fragment = self.pick.choice(known)
            self.used += fragment.fields
            self.deepest = max(self.deepest, DEPTH - level.depth + fragment.depth)
            self.most_lists = max(self.most_lists, LISTS - level.lists + fragment.lists)
            self.features.add("fragment spread twice")
            return f"...{fragment.name}{directives}"
        return f"...{self._fragment(self._overlapping(parent), level).name}{directives}"

    def _fragment(self, condition: GraphQLNamedType, level: Level) -> Fragment:
        self.features.add("fragment in a fragment" if self.open_fragments else "fragment")
        outer = self.used, self.deepest, self.most_lists
        self.deepest = self.most_lists = 0
        self.open_fragments += 1
        directives = self._directives(DirectiveLocation.FRAGMENT_DEFINITION)
        body = self._selections(condition, replace(level, depth=level.depth - 1, path=None))
        self.open_fragments -= 1
        name = f"F{len(self.fragments)}"
        depth, lists = self.deepest - (DEPTH - level.depth), self.most_lists - (LISTS - level.lists)
        text = f"fragment {name} on {condition.name}{directives} {body}"
        made = Fragment(name, condition, max(depth, 1), max(lists, 0), self.used - outer[0], text)
        self.deepest, self.most_lists = max(self.deepest, outer[1]), max(self.most_lists, outer[2])
        self.fragments.append(made)
        return made

    def _fields(self, parent: Any, level: Level) -> str:
        fields: dict[str, GraphQLField] = dict(parent.fields)
        if parent is self.schema.query_type and self.pick.random() < 0.005:
            self.features.add("introspection")
            return '__type(name: "Query") { name kind description fields { name type { name kind ofType { name } } } }'
        leaves = [name for name, one in fields.items() if is_leaf_type(get_named_type(one.type))]
        deeper = [name for name in fields if name not in leaves and self._is_affordable(fields[name], level)]
        if deeper and (not leaves or self.pick.random() < (0.9 if level.depth == DEPTH else 0.6)):
            again = [one for one in self.written.get(parent.name, []) if one.name in deeper]
            if again and self.pick.random() < 0.25:
                self.features.add("field merged")
                one = self.pick.choice(again)
                return self._written(parent, fields[one.name], one, level)
            name = self.pick.choice(deeper)
            if name in self.values.seldom and self.pick.random() < 0.9:
                return ""
            return self._new(parent, name, fields[name], level)
        if not leaves:
            return ""
        names = self.pick.sample(leaves, min(len(leaves), self.pick.choice((1, 2, 2, 3, 12))))
        return " ".join(self._new(parent, name, fields[name], level) for name in names)

    def _is_affordable(self, of: GraphQLField, level: Level) -> bool:
        return level.depth > 0 and self.used < self.budget and (level.lists > 0 or not is_list(of))

    def _new(self, parent: Any, name: str, of: GraphQLField, level: Level) -> str:
        arguments, cursor = self._arguments(parent, name, of, level)
        key = self._key(parent, name, of, arguments)
        made = Written(name, key, arguments)
        if not is_leaf_type(get_named_type(of.type)):
            self.written.setdefault(parent.name, []).append(made)
        if cursor and level.path is not None:
            self.cursors.append(CursorPlace(cursor, (*level.path, key)))
        return self._written(parent, of, made, level)

    def _written(self, parent: Any, of: GraphQLField, made: Written, level: Level) -> str:
        self.used += 1
        alias = "" if made.key == made.name else f"{made.key}: "
        text = f"{alias}{made.name}{made.arguments}{self._skips(DirectiveLocation.FIELD)}"
        inner = get_named_type(of.type)
        if is_leaf_type(inner):
            return text
        lists = level.lists - 1 if is_list(of) else level.lists
        path = None if level.path is None else (*level.path, made.key)
        return f"{text} {self._selections(inner, Level(level.depth - 1, lists, path))}"

    def _arguments(self, parent: Any, name: str, of: GraphQLField, level: Level) -> tuple[str, str | None]:
        place, cursor, parts = (f"{parent.name}.{name}",), None, []
        for one in self.values.chosen(place, of.args):
            argument = of.args[one]
            if one in ("after", "before") and level.path is not None and self.pick.random() < 0.7:
                text = self.variables.variable(argument.type, None)
                cursor = text[1:]
            else:
                text = self.variables.written(argument.type, (*place, one), default=argument.default_value)
            parts.append(f"{one}: {text}")
        return (f"({', '.join(parts)})" if parts else ""), cursor

    def _key(self, parent: Any, name: str, of: GraphQLField, arguments: str) -> str:
        meaning = (name, arguments, str(of.type))
        if (
            isinstance(parent, GraphQLObjectType)
            and is_leaf_type(get_named_type(of.type))
            and self.pick.random() < 0.06
        ):
            shared = "x" + "".join(filter(str.isalnum, str(of.type).replace("!", "1").replace("[", "0")))
            if self.meanings.setdefault((shared, parent.name), meaning) == meaning:
                self.features.add("one key for different fields of different types")
                return shared
        aliases = (f"{name}_{number}" for number in count())
        candidates = chain((name,), aliases) if self.pick.random() < 0.85 else aliases
        key = next(one for one in candidates if self.meanings.setdefault((one, ""), meaning) == meaning)
        if key != name:
            self.features.add("alias")
        return key

    def _skips(self, location: DirectiveLocation) -> str:
        return self._directives(location) if self.pick.random() < 0.12 else ""

    def _directives(self, location: DirectiveLocation) -> str:
        known = [one for one in self.schema.directives if location in one.locations]
        text = ""
        for one in self.pick.sample(known, min(len(known), self.pick.choice((0, 1, 1, 2)))):
            if one.name.startswith("experimental") and self.pick.random() < 0.9:
                continue
            place = (f"@{one.name}",)
            parts = [
                f"{name}: {self.variables.written(one.args[name].type, (*place, name))}"
                for name in self.values.chosen(place, one.args)
            ]
            text += _directive(one.name, parts)
            self.features.add(
                f"@{one.name} on {location.name.lower()}" + (" by a variable" if "$" in "".join(parts) else "")
            )
        return text


def _directive(name: str, parts: list[str]) -> str:
    return f" @{name}({', '.join(parts)})" if parts else f" @{name}"


def is_list(of: GraphQLField) -> bool:
    """Whether the field answers a list."""
    return is_list_type(get_nullable_type(of.type))
