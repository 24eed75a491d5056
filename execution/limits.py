"""Stage: limits. How large a document may be, whatever it asks for; each limit with the error that it refuses by.

What stands in the text is counted here, once, over its tokens; what fragments make of it in counting.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from graphql import DocumentNode, GraphQLError
from graphql.language import TokenKind

from errors import (
    AliasesExceededError,
    AnswerBytesExceededError,
    CharactersExceededError,
    CostExceededError,
    DepthExceededError,
    DirectivesExceededError,
    ErrorsExceededError,
    InputDepthExceededError,
    InputValuesExceededError,
    KeysExceededError,
    LimitError,
    RootFieldsExceededError,
    SelectionsExceededError,
    TokensExceededError,
)


@dataclass(frozen=True)
class DocumentLimits:
    """The limits on one document. The settings have what each of them means, and the same defaults."""

    document_characters: int = 200_000
    document_tokens: int = 5_000
    document_depth: int = 15
    document_aliases: int = 50
    document_selections: int = 5_000
    document_directives: int = 50
    root_fields: int = 20
    input_depth: int = 50
    input_values: int = 12_000
    errors_listed: int = 10
    answer_bytes: int = 20_000_000
    keys_ceiling: int = 1_000
    cost: int = 10_000
    page_default: int = 50
    page_ceiling: int = 200


@dataclass(frozen=True)
class Rule:
    """One limit: the field of DocumentLimits, the error that refuses what passes it, and what to say then."""

    limit: str
    error: type[LimitError]
    text: str

    @property
    def name(self) -> str:
        """The limit's name, as errors tell it."""
        first, *others = self.limit.split("_")
        return first + "".join(map(str.capitalize, others))

    def check(self, asked: float, limits: DocumentLimits) -> None:
        """Raises the error where more is asked than the limit lets through."""
        if asked > getattr(limits, self.limit):
            raise self.refusal(asked, limits)

    def refusal(self, asked: float, limits: DocumentLimits) -> LimitError:
        """The error that refuses what was asked."""
        value = getattr(limits, self.limit)
        text = self.text.format(value=f"{value:,}", asked=f"{asked:,}")
        return self.error(text, limit=self.name, value=value, asked=asked)


CHARACTERS: Final = Rule(
    "document_characters",
    CharactersExceededError,
    "the document has {asked} characters, {value} at most; give long values in variables",
)
TOKENS: Final = Rule(
    "document_tokens", TokensExceededError, "the document has more than {value} tokens, comments counted"
)
DEPTH: Final = Rule(
    "document_depth", DepthExceededError, "the document's fields stand in each other more than {value} deep"
)
ALIASES: Final = Rule("document_aliases", AliasesExceededError, "the document has more than {value} aliases")
SELECTIONS: Final = Rule(
    "document_selections",
    SelectionsExceededError,
    "the document selects more than {value} fields once its fragments are spread",
)
DIRECTIVES: Final = Rule(
    "document_directives", DirectivesExceededError, "the document has {asked} directives, {value} at most"
)
ROOT_FIELDS: Final = Rule(
    "root_fields", RootFieldsExceededError, "the operation has {asked} fields at its root, {value} at most"
)
INPUT_DEPTH: Final = Rule(
    "input_depth", InputDepthExceededError, "a value is nested more than {value} deep; make it flatter"
)
INPUT_VALUES: Final = Rule(
    "input_values", InputValuesExceededError, "the variables hold more than {value} values; ask in several requests"
)
KEYS: Final = Rule(
    "keys_ceiling", KeysExceededError, "{asked} records are asked for at once, {value} at most; ask several times"
)
COST: Final = Rule(
    "cost",
    CostExceededError,
    "the operation may cost {asked}, {value} at most; ask for smaller pages or for less at once",
)
ERRORS: Final = Rule("errors_listed", ErrorsExceededError, "there are more errors; the first {value} are listed")
ANSWER_BYTES: Final = Rule(
    "answer_bytes",
    AnswerBytesExceededError,
    "the answer would have more than {value} bytes; ask for smaller pages, or for fewer long texts at once",
)
RULES: Final = (
    CHARACTERS, TOKENS, DEPTH, ALIASES, SELECTIONS, DIRECTIVES, ROOT_FIELDS, INPUT_DEPTH, INPUT_VALUES, KEYS, COST,
    ERRORS,
    ANSWER_BYTES,
)  # fmt: skip

OPEN = {TokenKind.BRACKET_L, TokenKind.BRACE_L}
CLOSED = {TokenKind.BRACKET_R, TokenKind.BRACE_R}


def check_tokens(node: DocumentNode, limits: DocumentLimits) -> None:
    """Counts what the tokens show: directives, and how deep values are nested. Raises LimitError."""
    directives = parens = depth = deepest = 0
    token: Any = node.loc.start_token if node.loc else None
    while token:
        kind = token.kind
        if kind is TokenKind.AT:
            directives += 1
        elif kind is TokenKind.PAREN_L:
            parens += 1
        elif kind is TokenKind.PAREN_R:
            parens -= 1
        elif parens and kind in OPEN:
            depth += 1
            deepest = max(deepest, depth)
        elif parens and kind in CLOSED:
            depth -= 1
        token = token.next
    DIRECTIVES.check(directives, limits)
    INPUT_DEPTH.check(deepest, limits)


def check_input(value: Any, limits: DocumentLimits) -> None:
    """Raises LimitError where variables hold too many values, or are nested too deeply."""
    level, depth, values = [value], 0, 0
    while inner := [one for one in map(_members, level) if one]:
        depth += 1
        values += sum(map(len, inner))
        INPUT_DEPTH.check(depth, limits)
        INPUT_VALUES.check(values, limits)
        level = [one for members in inner for one in members]


def _members(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def refused(error: LimitError) -> GraphQLError:
    """The error as GraphQL tells it, without the stack that it came up, as it may be kept."""
    return GraphQLError(str(error), original_error=error.with_traceback(None))


def more_errors(limits: DocumentLimits) -> GraphQLError:
    """What stands behind the errors that are listed where there are more."""
    return refused(ERRORS.refusal(limits.errors_listed + 1, limits))
