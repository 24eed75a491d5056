"""The tables of docs/access.md, made of the verdicts and the world: `python -m tests.access.access_page` writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway import served_schema
from operations.permissions import OWN_FORMS
from tests.access import access_filters
from tests.access import access_rules as rules
from tests.access.access_mutations import FREE, TARGETS, TRIED, WRITERS, action_of, tried_by, tries
from tests.access.access_pages import places_of
from tests.access.access_rules import ASKING, ROLES
from tests.access.access_table import WORDS, Spot, Table
from tests.access.access_world import HOMES, World

PAGE = Path(__file__).parents[2] / "docs" / "access.md"
BEGIN, END = "<!-- made by `python -m tests.access.access_page` -->", "<!-- end -->"


def table_of(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def page_of(table: Table) -> str:
    """All that is made."""
    world = World("Northwind")
    parts = [
        "### How much is asked", size(table, world),
        "### Who sees how much of the test's world", seen(table, world),
        "### Who may do what", writes(),
        "### What each field may tell", verdicts(table),
    ]  # fmt: skip
    return "\n\n".join(parts)


def size(table: Table, world: World) -> str:
    """The doors, the places asked through each, times the roles."""
    doors = table.places() | places_of(table) | {"filter": access_filters.places_of(table)}
    words = {
        "list": "roots that list records, with their counts, groups and pages", "by id": "`workspace(id:)` and its like",
        "relation": "every field of another record that leads there", "root": "`viewer`, `sources`, `usage` and the like",
        "order": "every order, both ways", "cursor": "page by page, and from hidden places", "mutation": "payloads",
        "filter": "conditions on related records, with their operators", "aggregate": "`usage` by each key",
    }  # fmt: skip
    rows = [
        (f"`{door}`", words.get(door, ""), number, len(ROLES), number * len(ROLES)) for door, number in doors.items()
    ]
    whole = sum(doors.values()) * len(ROLES)
    tried = sum(1 for role in WRITERS for home in tried_by(role) for _try in tries(world, home))
    fields = len({spot.coordinate for spot in _spots(table)})
    told = (
        f"{fields} fields of {len(table.kinds)} types of records and what hangs on them, through {len(doors)} doors, by "
        f"{len(ROLES)} roles: **{whole:,} places**, on SQLite and PostgreSQL. Beside them {tried:,} mutations: "
        f"{len(TARGETS) + len(FREE)} of them, by {len(WRITERS)} roles, on {len(TRIED)} workspaces; and each of the "
        f"{len(table.lists) + len(table.by_id) + len(table.alone) + 4} roots by each role over GET, POST and WebSocket."
    )
    return f"{told}\n\n{table_of(('door', 'what is asked', 'places', 'roles', 'together'), rows)}"


def _spots(table: Table) -> Iterator[Spot]:
    for spots in (*table.spots.values(), tuple(table.list_spots.values()), table.alone):
        for top in spots:
            yield from top.all()


def seen(table: Table, world: World) -> str:
    """Records seen by role and type."""
    kinds = {
        "Workspace": "WORKSPACE",
        **{on: kind for on, kind in table.kinds.items() if on not in ("Workspace", "User", "Tag")},
    }
    rows = []
    for role in ROLES:
        numbers = [_number(role, world, kind) for kind in kinds.values()]
        rows.append((role.name, role.words, *numbers))
    whole = [
        len(HOMES) if kind == "WORKSPACE" else sum(one.kind == kind for one in world.records.values())
        for kind in kinds.values()
    ]
    rows.append(("there are", "those deleted included", *whole))
    return table_of(("role", "token", *kinds), rows)


def _number(role: rules.Role, world: World, kind: str) -> object:
    if role not in ASKING:
        return "401"
    return len(rules.seen(role, world, kind))


def writes() -> str:
    """Mutations by what one is to the workspace."""
    rows = []
    for mutation in (*FREE, *TARGETS):
        action = action_of(mutation)
        scope = rules.SCOPES.get(action, "workspace:write")
        forms = " or ".join(f"`{one}`" for one in (scope, *([OWN_FORMS[scope]] if scope in OWN_FORMS else [])))
        rows.append((f"`{mutation}`", forms, "everyone" if mutation in FREE else _least(action)))
    return table_of(("mutation", "scope", "with own reach, who"), rows)


def _least(action: str) -> str:
    if action in ("PAUSE_AGENT", "RESUME_AGENT"):
        return "the agent's owner; OWNER or EDITOR of one of its workspaces"
    if action in rules.READERS_TOO:
        return "whoever sees it"
    return "OWNER" if action in rules.OWNERS_ALONE else "OWNER, EDITOR"


def verdicts(table: Table) -> str:
    """Every field by its type and its verdict."""
    found: dict[tuple[str, str], list[str]] = {}
    for spot in sorted(_spots(table), key=lambda one: (one.on, one.name)):
        names = found.setdefault((spot.on, spot.verdict), [])
        if f"`{spot.name}`" not in names:
            names.append(f"`{spot.name}`")
    words = table_of(("verdict", "what it tells"), [(verdict, text) for verdict, text in WORDS.items()])
    rows = [(on, verdict, ", ".join(names)) for (on, verdict), names in found.items()]
    return f"{words}\n\n{table_of(('type', 'verdict', 'fields'), rows)}"


def written(text: str, made: str) -> str:
    """The page with what is made put in its place."""
    return re.sub(
        f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _found: f"{BEGIN}\n\n{made}\n\n{END}", text, flags=re.DOTALL
    )


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(), page_of(Table(served_schema()._schema))))
