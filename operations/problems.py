"""What pydantic finds wrong with an input, as the graph tells it: each problem by its path."""

from __future__ import annotations

from pydantic import ValidationError


def problems_of(error: ValidationError, at: str = "") -> dict[str, str]:
    """What is wrong, by its path below `at`: `spec.y[0].column`, with the names that the graph has."""
    faults = error.errors(include_url=False, include_context=False)
    return {_path(at, fault["loc"]): _told(fault["msg"]) for fault in faults}


def _path(at: str, steps: tuple[int | str, ...]) -> str:
    path = at
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f"{'.' if path else ''}{_camel(step)}"
    return path


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _told(message: str) -> str:
    """The message, which goes on behind its path; a word that is all capitals, such as SUM, stays as it is."""
    said = message.removeprefix("Value error, ")
    return said if said[1:2].isupper() else said[:1].lower() + said[1:]
