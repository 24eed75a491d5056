"""Stage: variables. The values of a request's variables, as the operation declares them. Source: GraphQL, 6.1.2.

What is plainly right, a text for a `String` say, is taken as it is; graphql-core looks at all else, and says what is
wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, get_nullable_type
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

from errors import LimitError
from execution.leaves import INT_MAX, INT_MIN
from execution.limits import DocumentLimits, check_input, refused

PLAIN: dict[str, type] = {"String": str, "ID": str, "Boolean": bool, "Int": int}
NONE = VariableValues({}, {})

Signatures = dict[str, tuple[GraphQLVariableSignature, type]]


def plain_signatures(schema: GraphQLSchema, operation: OperationDefinitionNode) -> Signatures | None:
    """The operation's variables, each with the class of values that need no coercion; None where one has no such."""
    found: Signatures = {}
    for definition in operation.variable_definitions or ():
        signature = get_variable_signature(schema, definition)
        if isinstance(signature, GraphQLError):
            return None
        plain = PLAIN.get(getattr(get_nullable_type(signature.type), "name", ""))
        if plain is None:
            return None
        found[signature.name] = (signature, plain)
    return found


def variable_values(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    signatures: Signatures | None,
    given: Mapping[str, Any],
    limits: DocumentLimits | None = None,
) -> VariableValues | list[GraphQLError]:
    """The values, or what is wrong with them: no more than is listed."""
    if signatures is not None:
        plain = _plain_values(signatures, given)
        if plain is not None:
            return plain
    if limits is None:
        return get_variable_values(schema, operation.variable_definitions or (), dict(given))
    try:
        check_input(given, limits)
    except LimitError as error:
        return [refused(error)]
    most = limits.errors_listed
    return get_variable_values(schema, operation.variable_definitions or (), dict(given), max_errors=most)


def _plain_values(signatures: Signatures, given: Mapping[str, Any]) -> VariableValues | None:
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Any] = {}
    for name, (signature, plain) in signatures.items():
        value: Any = given.get(name)
        if value.__class__ is not plain or (isinstance(value, int) and not INT_MIN <= value <= INT_MAX):
            return None
        sources[name] = VariableValueSource(signature, value)
        coerced[name] = value
    return VariableValues(sources, coerced) if coerced else NONE
