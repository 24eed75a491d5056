"""Merging: whether fields with one key agree is found as graphql-core finds it, on generated documents."""

from __future__ import annotations

import random

import pytest
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    build_schema,
    do_types_overlap,
    parse,
    validate,
)

from execution.documents import VALIDATION
from execution.merging import Conflicts, Merging, WorkExceeded

SCHEMA = build_schema("""
interface Being { name: String being: Being friends(first: Int, like: Like): [Being] }
interface Named { name: String }
input Like { name: String age: Int }
type Dog implements Being & Named {
  name: String being: Being friends(first: Int, like: Like): [Being] age: Int! owner: Person barks: Boolean
}
type Cat implements Being {
  name: String being: Cat friends(first: Int, like: Like): [Being] age: String owner: [Person] barks: Boolean!
}
type Person implements Being & Named {
  name: String being: Being friends(first: Int, like: Like): [Being] age: Int pets: [Pet] pet: Pet
}
union Pet = Dog | Cat
type Query { being: Being dog: Dog cat: Cat person: Person pet: Pet name: String }
""")
COMPOSITE = ["Being", "Named", "Dog", "Cat", "Person", "Pet", "Query"]
ARGUMENTS = ["", "", "(first: 1)", "(first: 2)", '(like: {name: "a", age: 1})', '(like: {age: 1, name: "a"})']
KEYS = ["", "", "", "", "", "a: ", "b: "]
DOCUMENTS = 400
OVERLAPPING = {
    on: [of for of in COMPOSITE if do_types_overlap(SCHEMA, SCHEMA.type_map[on], SCHEMA.type_map[of])]  # type: ignore[arg-type]
    for on in COMPOSITE
}


def _selection(chance: random.Random, on: str, depth: int, fragments: dict[str, str]) -> str:
    return "{ " + " ".join(_selected(chance, on, depth, fragments) for _ in range(chance.randint(1, 4))) + " }"


def _selected(chance: random.Random, on: str, depth: int, fragments: dict[str, str]) -> str:
    what = chance.random()
    known = [name for name, of in fragments.items() if of in OVERLAPPING[on]]
    if what < 0.12 and known:
        return f"...{chance.choice(known)}"
    if what < 0.35 and depth:
        of = chance.choice(OVERLAPPING[on])
        return f"... on {of} {_selection(chance, of, depth - 1, fragments)}"
    fields = getattr(SCHEMA.type_map[on], "fields", {})
    name = chance.choice(["__typename", *fields])
    returned = "" if name == "__typename" else str(fields[name].type).strip("[]!")
    given = chance.choice(ARGUMENTS) if name == "friends" else ""
    if returned not in COMPOSITE:
        return f"{chance.choice(KEYS)}{name}"
    below = _selection(chance, returned, depth - 1, fragments) if depth else "{ __typename }"
    return f"{chance.choice(KEYS)}{name}{given} {below}"


def _document(chance: random.Random) -> str:
    fragments: dict[str, str] = {}
    parts = []
    for number in range(chance.randint(0, 3)):
        of = chance.choice(COMPOSITE)
        parts.append(f"fragment F{number} on {of} {_selection(chance, of, 2, fragments)}")
        fragments[f"F{number}"] = of
    text = _selection(chance, "Query", 3, fragments)
    for part in reversed(parts):  # of which only those are kept that are spread
        text += f"\n{part}" if f"...{part.split()[1]}" in text else ""
    return text


def _conflicts(node: DocumentNode) -> bool:
    fragments = {one.name.value: one for one in node.definitions if isinstance(one, FragmentDefinitionNode)}
    merging = Merging(SCHEMA, fragments, 100_000)
    conflicts = Conflicts(merging, 10)
    for one in node.definitions:
        if isinstance(one, OperationDefinitionNode):
            conflicts.look(merging.root(one))
    return bool(conflicts.errors)


def test_conflicts_are_those_that_graphql_core_finds() -> None:
    chance = random.Random(5)
    verdicts = []
    for _ in range(DOCUMENTS):
        text = _document(chance)
        node = parse(text)
        if validate(SCHEMA, node, VALIDATION):
            continue
        wanted = bool(validate(SCHEMA, node, [OverlappingFieldsCanBeMergedRule]))
        assert _conflicts(node) == wanted, text
        verdicts.append(wanted)
    assert min(verdicts.count(True), verdicts.count(False)) > 100  # or the generator finds nothing


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{ a: name a: dog { name } }", "Fields 'a' conflict because 'name' and 'dog' are different fields."),
        (
            "{ being { friends(first: 1) { name } friends { name } } }",
            "Fields 'friends' conflict because they have differing arguments.",
        ),
        (
            "{ being { ... on Dog { age } ... on Cat { age } } }",
            "Fields 'age' conflict because they return conflicting types 'Int!' and 'String'.",
        ),
        (
            "{ pet { ... on Dog { a: owner { name } } ... on Cat { a: being { name } } } dog { being { ...B } } "
            "dog { being { b: name } } } fragment B on Being { b: __typename }",
            "Fields 'b' conflict because '__typename' and 'name' are different fields.",
        ),
    ],
)
def test_a_conflict_says_what_differs(text: str, reason: str) -> None:
    node = parse(text)
    fragments = {one.name.value: one for one in node.definitions if isinstance(one, FragmentDefinitionNode)}
    merging = Merging(SCHEMA, fragments, 1_000)
    conflicts = Conflicts(merging, 10)
    first = node.definitions[0]
    assert isinstance(first, OperationDefinitionNode)
    conflicts.look(merging.root(first))
    advice = "Use different aliases on the fields to fetch both if this was intentional."
    assert [error.message for error in conflicts.errors] == [f"{reason} {advice}"]


def test_looking_stops_when_there_is_too_much_to_look_at() -> None:
    node = parse("{ dog { name name name } }")
    first = node.definitions[0]
    assert isinstance(first, OperationDefinitionNode)
    for work, is_enough in ((5, False), (6, True)):  # two selection sets with four selections
        merging = Merging(SCHEMA, {}, work)
        if is_enough:
            Conflicts(merging, 10).look(merging.root(first))
        else:
            with pytest.raises(WorkExceeded):
                Conflicts(merging, 10).look(merging.root(first))
