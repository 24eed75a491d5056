"""The documents that take the longest to be read and checked: `python -m bench.documents` says how long each takes.

Each is as large as the limits on characters and tokens let it be, in its own way.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable
from time import process_time

from graphql import GraphQLError, specified_rules, validate

from execution.documents import Documents, parsed
from execution.limits import DocumentLimits
from gateway import served_schema

ROUNDS = 3
LIMITS = DocumentLimits()
CHARACTERS = LIMITS.document_characters - 100


def _each(text: str, count: int) -> str:
    return "".join(text.replace("%", str(number)) for number in range(count))


def _chain(fragment: str, count: int, last: str) -> str:
    """Fragments of which each spreads the next; `%` is a fragment's number, `&` the next one's."""
    parts = (fragment.replace("%", str(number)).replace("&", str(number + 1)) for number in range(count))
    return "".join(parts) + last.replace("%", str(count))


def _spreading(count: int, spread: Callable[[int], Iterable[int]], more: str = "") -> str:
    """Fragments of which each spreads others."""
    bodies = ("".join(f"...f{other} " for other in spread(number)) + more for number in range(count))
    return "".join(f"fragment f{number} on Query{{{body}}}" for number, body in enumerate(bodies))


WORST = {
    "equal fields": "{workspaces{nodes{" + "name " * 4_900 + "}}}",
    "equal fields with selections": "{" + "workspaces{nodes{id}} " * 700 + "}",
    "equal fields with arguments": "{" + "workspaces(first:1){nodes{id}} " * 400 + "}",
    "`__typename` flood": "{" + "__typename " * 4_990 + "}",
    "different fields": "{workspaces{nodes{" + _each("a%:name ", 1_600) + "}}}",
    "unknown fields": "{workspaces{nodes{" + _each("a% ", 4_900) + "}}}",
    "fields that are nearly right": "{workspaces{nodes{" + _each("nam% ", 4_900) + "}}}",
    "conflicts": "{workspaces{nodes{" + "a:name a:id " * 800 + "}}}",
    "conflicting arguments": "{" + _each("workspaces(first:%){nodes{id}} ", 400) + "}",
    "inline fragments in each other": "{" + ("...{" * 100 + "viewer{email}" + "}" * 100) * 12 + "}",
    "inline fragments beside each other": "{" + "...on Query{viewer{email ...on Viewer{email}}}" * 290 + "}",
    "inline fragments of unknown types": "{" + _each("...on Workspac%{id}", 800) + "}",
    "fragments that spread all later ones": "{...f0}"
    + _spreading(60, lambda number: range(number + 1, 60), "viewer{email}"),
    "fragments that stand together": "{workspaces{nodes{" + _each("...f% ", 250) + "}}}"
    + _each("fragment f% on Workspace{name owner{email id}}", 250),
    "fragments that double, spread": "{...f0}"
    + _chain("fragment f% on Query{...g% ...h%}fragment g% on Query{...f&}fragment h% on Query{...f&}", 90,
             "fragment f% on Query{viewer{email}}"),
    "fragments that double, in fields": "{workspaces{nodes{...f0}}}"
    + _chain("fragment f% on Workspace{parent{...f&}root{...f&}}", 12, "fragment f% on Workspace{name}"),
    "fragments that double, merged apart": "{workspaces{nodes{...f0}}}"
    + _chain("fragment f% on Workspace{parent{...f& ...g&}root{...f&}}fragment g% on Workspace{parent{id}root{id}}", 12,
             "fragment f% on Workspace{name}fragment g% on Workspace{id}fragment g0x on Workspace{id}"),
    "a chain of fragments": "{...f0}" + _chain("fragment f% on Query{...f&}", 600, "fragment f% on Query{__typename}"),
    "a circle of fragments": "{...f0}" + _chain("fragment f% on Query{...f&}", 600, "fragment f% on Query{...f0}"),
    "fragments that all spread all": "{...f0}"
    + _spreading(45, lambda _number: range(45)),
    "fragments that nobody spreads": "{__typename}" + _each("fragment f% on Query{__typename}", 700),
    "fragments of one name": "{...f}" + "fragment f on Query{__typename}" * 700,
    "unknown fragments": "{" + _each("...a% ", 2_400) + "}",
    "operations": _each("query o%{__typename}", 980),
    "operations without names": "{__typename}" * 1_600,
    "operations over a chain of fragments": _each("query o%{...f0}", 150)
    + _chain("fragment f% on Query{...f&}", 150, "fragment f% on Query{__typename}"),
    "operations with a variable in all fragments": _each("query o%($a:Int){...f}", 180)
    + "fragment f on Query{workspaces(first:$a){nodes{" + "computers(first:$a){totalCount}" * 180 + "}}}",
    "variables": "query(" + _each("$a%:Int ", 1_000) + "){__typename}",
    "variables of one name": "query(" + "$a:Int " * 1_200 + "){__typename}",
    "variables in a list": "query(" + _each("$a%:String! ", 480) + "){workspaces(filter:{name:{in:["
    + _each("$a% ", 480) + "]}}){totalCount}}",
    "a list": "{workspaces(filter:{name:{in:[" + '"a" ' * 4_900 + "]}}){totalCount}}",
    "a list of objects": "{workspaces(filter:{and:[" + '{name:{eq:"a"}}' * 480 + "]}){totalCount}}",
    "a list in a list": "{workspaces(filter:" + "{and:[" * 90 + "{}" + "]}" * 90 + "){totalCount}}",
    "members of an object": "{workspaces(filter:{" + 'name:{eq:"a"}' * 700 + "}){totalCount}}",
    "arguments": "{workspaces(" + _each("a%:1 ", 1_600) + "){totalCount}}",
    "directives": "{__typename " + "@include(if:true)" * 700 + "}",
    "unknown directives": "{__typename " + _each("@a% ", 2_400) + "}",
    "definitions of types": _each("type T%{a:Int}", 700),
    "introspection of the same": "{__schema{types{"
    + "fields{name args{name type{name}} type{name ofType{name}}}" * 200 + "}}}",
    "comments": "{__typename" + "#\n" * 4_990 + "}",
    "a long comment": "{__typename #" + "a" * CHARACTERS + "\n}",
    "blanks": "{__typename" + " " * CHARACTERS + "}",
    "commas": "{__typename" + "," * CHARACTERS + "}",
    "empty lines": "{__typename" + "\n" * CHARACTERS + "}",
    "a long name": "{" + "a" * CHARACTERS + "}",
    "a long text": '{workspace(id:"' + "a" * CHARACTERS + '"){id}}',
    "a text of escapes": '{workspace(id:"' + "\\n" * (CHARACTERS // 2) + '"){id}}',
    "a block of text": '{workspace(id:"""' + "a" * CHARACTERS + '"""){id}}',
    "a block of lines": '{workspace(id:"""' + "\n a" * (CHARACTERS // 3) + '"""){id}}',
    "a long number": "{workspaces(first:" + "1" * CHARACTERS + "){totalCount}}",
    "a long fraction": "{workspaces(first:1." + "1" * CHARACTERS + "){totalCount}}",
}  # fmt: skip


def seconds(text: str) -> tuple[float, str]:
    """The least time that a document takes to be read and checked, and what comes of it."""
    schema, best, verdict = served_schema()._schema, float("inf"), ""
    for _ in range(ROUNDS):
        documents, began = Documents(), process_time()
        try:
            errors = documents.of(schema, text).errors
        except GraphQLError as error:
            errors = [error]
        best = min(best, process_time() - began)
        verdict = getattr(errors[0].original_error, "code", "BAD_REQUEST") if errors else "valid"
    return best, verdict


def seconds_before(text: str) -> float:
    """The time that graphql-core takes by itself, with its own bounds and the same limit on tokens."""
    schema, began = served_schema()._schema, process_time()
    try:
        validate(schema, parsed(text, LIMITS), specified_rules)
    except Exception:
        return process_time() - began
    return process_time() - began


def main() -> None:
    """A line of the table in docs/limits.md for each document."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)  # as the served process has it
    print("| document | characters | comes of it | ms | graphql-core alone, ms |")
    print("| --- | --- | --- | --- | --- |")
    for name, text in WORST.items():
        if len(sys.argv) < 2 or sys.argv[1] in name:
            took, verdict = seconds(text)
            before = seconds_before(text)
            print(f"| {name} | {len(text):,} | {verdict} | {took * 1_000:.0f} | {before * 1_000:.0f} |")


if __name__ == "__main__":
    main()
