"""Which scopes a field takes: declared once, printed as `@requiresScopes` or `@authenticated`, enforced at the roots.

What lies below a root is no further guarded: `visible()` shows rows to nobody who has no scope to read. A root field
that says nothing takes a scope to read, so that none is open by an oversight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any

from graphql import GraphQLField, GraphQLObjectType
from strawberry.federation.schema_directives import Authenticated, RequiresScopes

from db.access import READ, READ_OWN, Viewer
from errors import PermissionDeniedError
from operations.operation import Operation
from operations.permissions import scopes_for

Alternatives = Sequence[Sequence[str]]  # one of these has to be there in full
Gate = Callable[[Any], PermissionDeniedError | None]

READING: Alternatives = ((READ,), (READ_OWN,))
GATE = "gate"  # where the executor looks for it, in a GraphQL field's extensions
DEFINITION = "strawberry-definition"  # where Strawberry keeps its field there
TOKEN_ALONE = frozenset({"viewer", "_service"})  # root fields that take no scope


def requires(alternatives: Alternatives) -> RequiresScopes:
    """The directive of what takes one of these sets of scopes."""
    return RequiresScopes(scopes=[list(one) for one in alternatives])


def writing(operation: type[Operation]) -> Alternatives:
    """The sets of scopes that are enough for an operation."""
    return tuple(product(*scopes_for(operation)))


def guard_roots(fields: Iterable[Any]) -> None:
    """Lets the root fields that say nothing of scopes take one to read."""
    for field in fields:
        if not any(isinstance(one, Authenticated | RequiresScopes) for one in field.directives):
            guard = Authenticated() if field.python_name in TOKEN_ALONE else requires(READING)
            field.directives = [*field.directives, guard]


def enforce(root: GraphQLObjectType) -> None:
    """Puts a gate before each field of a root, for both executors, as its directive says. Raises TypeError without."""
    for name, field in root.fields.items():
        guards = [one for one in field.extensions[DEFINITION].directives if isinstance(one, RequiresScopes)]
        is_open = any(isinstance(one, Authenticated) for one in field.extensions[DEFINITION].directives)
        if len(guards) + is_open != 1:
            raise TypeError(f"{root}.{name} does not say what a token needs for it")
        for guard in guards:
            _close(field, gate_of(guard.scopes))


def gate_of(alternatives: Alternatives) -> Gate:
    """What says for a request's context why its token is refused; None where it is not."""
    needed = [frozenset(one) for one in alternatives]

    def gate(ctx: Any) -> PermissionDeniedError | None:
        viewer: Viewer = ctx.viewer
        if any(one <= viewer.scopes for one in needed):
            return None
        return PermissionDeniedError(refusal(alternatives, viewer.scopes))

    return gate


def refusal(alternatives: Alternatives, scopes: frozenset[str]) -> str:
    """What a token lacks that has these scopes, told by what would change the least."""
    best = min(alternatives, key=lambda one: len(set(one) - scopes))
    lacking = [scope for scope in best if scope not in scopes]
    told = " and ".join(f"`{scope}`" for scope in lacking)
    options = " ".join(f"--scope {scope}" for scope in best)
    plural = "s" if len(lacking) > 1 else ""
    return f"the token lacks the scope{plural} {told}; make one with `workgraph token create {options}`"


def _close(field: GraphQLField, gate: Gate) -> None:
    """The executor asks the gate itself; graphql-core knows resolvers only."""
    field.extensions[GATE] = gate
    resolve: Any = field.resolve

    def guarded(source: Any, info: Any, **arguments: Any) -> Any:
        refused = gate(info.context)
        if refused is not None:
            raise refused
        return resolve(source, info, **arguments)

    field.resolve = guarded
