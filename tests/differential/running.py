"""Many operations on both executors: what to run, what was seen, and a small reproduction of what disagrees."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from graphql import DocumentNode, GraphQLSchema, parse, print_ast, validate

from tests.differential.arguments import Values
from tests.differential.comparison import Comparison, Requests, compared, encode, executed
from tests.differential.operations import Operation, random_operation
from tests.differential.shrinking import shrunk

SEED = int(os.environ.get("DIFFERENTIAL_SEED", "1"))
OPERATIONS = int(os.environ.get("DIFFERENTIAL_OPERATIONS", "1200"))  # per schema and database
TOGETHER = 20  # every so many operations are asked by all at once, too
VALIDATED = 10  # every so many operations are validated beforehand
OTHER_WAYS = {0: "served", 5: "posted"}  # of ten, how one goes through Strawberry and one through HTTP
FAILURES_SHOWN = int(os.environ.get("DIFFERENTIAL_FAILURES", "3"))
FOLLOWED, FLIPPED = "cursor of an earlier answer", "other truth values"
AGAIN = frozenset({FOLLOWED, FLIPPED})
FALLBACKS = frozenset({"introspection", "errors without propagation", "no plan"})


@dataclass(frozen=True)
class Case:
    """An operation, and as whom it is asked."""

    operation: Operation
    document: DocumentNode
    asker: int


@dataclass
class Cases:
    """Operations for a schema, and those that were dropped because they are not valid.

    Every so many are validated before they run, which costs more than running them; of the others only those on which
    the executors disagree.
    """

    schema: GraphQLSchema
    values: Values
    askers: Callable[[Random], int]
    dropped: list[str] = field(default_factory=list)
    made: int = 0
    validated: int = 0

    def endless(self) -> Iterator[Case]:
        """One after another."""
        while True:
            asker = self.askers(self.values.random)
            operation = random_operation(self.schema, self.values)
            document = parse(operation.text)
            self.made += 1
            if self.made % VALIDATED == 0 and not self.is_valid(document):
                continue
            yield Case(operation, document, asker)

    def is_valid(self, document: DocumentNode) -> bool:
        """Whether a document passes validation; those that do not are kept."""
        self.validated += 1
        if errors := validate(self.schema, document):
            self.dropped.append(f"{errors[0].message}\n{print_ast(document)}")
        return not errors


@dataclass
class Report:
    """What was seen: features of operations, kinds of answers, root fields answered, and what disagreed."""

    ran: int = 0
    features: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    roots: Counter[str] = field(default_factory=Counter)
    fallbacks: Counter[str] = field(default_factory=Counter)
    texts: set[str] = field(default_factory=set)
    failures: dict[str, str] = field(default_factory=dict)  # by what they have in common, a reproduction
    alike: Counter[str] = field(default_factory=Counter)
    details: list[str] = field(default_factory=list)

    def note(self, operation: Operation, found: Comparison) -> None:
        """Count what an operation tried and what it was answered."""
        self.ran += 1
        self.features.update(operation.features)
        expected = found.expected
        self.answers["with data"] += expected.data is not None
        self.answers["with errors"] += bool(expected.errors)
        self.answers["with data and errors"] += bool(expected.errors) and expected.data is not None
        self.answers["with propagated nulls"] += bool(found.propagated)
        self.answers["with propagated nulls inside"] += any(found.propagated)
        self.answers["with several errors"] += found.most_errors > 1
        self.answers["refused for its variables"] += any(one.path is None for one in expected.errors)
        self.answers["of mutations"] += operation.kind == "mutation"
        self.details += found.details
        for key, value in (expected.data or {}).items():
            if value is not None:
                self.roots[key] += 1

    async def fail(self, requests: Requests, operation: Operation, found: Comparison) -> None:
        """Note a disagreement; the first of each sort is reproduced."""
        sort = re.sub(r"\(\(.*?\), |\d+", "", found.disagreements[0])[:75]
        self.alike[sort] += 1
        if sort not in self.failures and len(self.failures) < FAILURES_SHOWN:
            self.failures[sort] = await reproduction(requests, operation, found)

    async def run_together(self, requests: list[Requests], case: Case) -> None:
        """Run one operation as all askers at once: nothing of one request may show in another."""
        alone = [await executed(one, case.operation, case.document) for one in requests]
        together = await asyncio.gather(*(executed(one, case.operation, case.document) for one in requests))
        if [encode(one.data) for one in alone] != [encode(one.data) for one in together]:
            self.failures.setdefault("together", f"answers differ when all ask at once\n\n{case.operation.text}\n")

    def told(self) -> str:
        """All disagreements, for people."""
        return "\n".join(f"==== {self.alike[sort]} like this: {text}" for sort, text in self.failures.items())


Note = Callable[[Case, bytes], None]


async def run(
    cases: Cases, requests: list[Requests], fallbacks: list[str], random: Random, note: Note = lambda *_: None
) -> Report:
    """Run so many operations, each as its asker, and some of them again with other variables."""
    report = Report()
    for number, case in enumerate(cases.endless()):
        asked = replace(requests[case.asker], way=OTHER_WAYS.get(number % 10, "executed"))
        operation: Operation | None = case.operation
        while operation is not None:
            fallbacks.clear()
            found = await compared(asked, operation, case.document)
            if found.disagreements and not cases.is_valid(case.document):
                break
            report.note(operation, found)
            report.fallbacks.update(fallbacks)
            note(case, encode(found.ours.data))
            if found.disagreements:
                await report.fail(asked, operation, found)
            operation = again(operation, found.expected.data, random)
        if number % TOGETHER == 0 and case.operation.kind == "query" and not report.failures:
            await report.run_together(requests, case)
        if report.ran >= OPERATIONS:
            gc.collect()  # while the test still knows which warnings of graphql-core to expect
            return report
    raise AssertionError("there is always another case")


def again(operation: Operation, data: Any, random: Random) -> Operation | None:
    """The operation with cursors of the answer to it, or with other truth values; None the second time."""
    if operation.features & AGAIN:
        return None
    return followed(operation, data, random) or flipped(operation)


def followed(operation: Operation, data: Any, random: Random) -> Operation | None:
    """The same operation with cursors of an answer to it, some tampered with; None where there are none."""
    given = {}
    for one in operation.cursors:
        found = [cursor for page in _at(data, one.path) for cursor in _cursors(page)]
        if found:
            cursor = random.choice(found)
            is_tampered = random.random() < 0.05
            given[one.variable] = cursor[:-3] + ("AAA" if is_tampered else cursor[-3:])
    if not given:
        return None
    return replace(operation, variables={**operation.variables, **given}, features=operation.features | {FOLLOWED})


def flipped(operation: Operation) -> Operation | None:
    """The same operation with each truth value turned, so that a remembered plan must not be taken; or None."""
    if not any(isinstance(value, bool) for value in operation.variables.values()):
        return None
    variables = {name: not value if isinstance(value, bool) else value for name, value in operation.variables.items()}
    return replace(operation, variables=variables, features=operation.features | {FLIPPED})


def _at(data: Any, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    if isinstance(data, list):
        for one in data:
            yield from _at(one, path)
    elif isinstance(data, dict):
        if path:
            yield from _at(data.get(path[0]), path[1:])
        else:
            yield data


def _cursors(page: Any) -> Iterator[str]:
    if isinstance(page, list):
        for one in page:
            yield from _cursors(one)
    elif isinstance(page, dict):
        for key, value in page.items():
            if isinstance(value, str) and "ursor" in key:
                yield value
            elif key.split("_")[0] in ("edges", "pageInfo"):
                yield from _cursors(value)


async def reproduction(requests: Requests, operation: Operation, found: Comparison) -> str:
    """The smallest operation that was found to disagree in the same way, with both answers."""
    kinds = {_kind(one) for one in found.disagreements}

    async def fails(candidate: Operation) -> bool:
        other = await compared(requests, candidate, parse(candidate.text))
        return any(_kind(one) in kinds for one in other.disagreements)

    document = parse(operation.text)
    if await fails(operation):  # with a plan of its own
        operation = await shrunk(operation, requests.schema._schema, fails)
        document = parse(operation.text)
    again = await compared(requests, operation, document)
    if not again.disagreements:
        again, note = found, "only where the document was executed before\n"
    else:
        note = ""
    return (
        f"{note}{chr(10).join(again.disagreements)}\n\n{operation.text}\n\nvariables: {json.dumps(operation.variables)}\n"
        f"ours:     {json.dumps(again.ours.data, default=str)[:3000]}\n          {again.ours.keys()[:10]}\n"
        f"expected: {json.dumps(again.expected.data, default=str)[:3000]}\n          {again.expected.keys()[:10]}\n"
    )


def _kind(disagreement: str) -> str:
    return disagreement.partition(":")[0].partition(" at ")[0]
