"""What every operation is: an input with a name and a scope, something that performs it, and what came of it."""

from __future__ import annotations

import json
from datetime import datetime
from functools import reduce
from typing import Annotated, Any, ClassVar, Protocol

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from db.access import Viewer
from db.commits import Commit
from db.own import EDITOR
from db.texts import is_storable

LEVELS_AROUND = 8  # what a value stands in where it is kept: a document, a list of it, an answer
MAX_JSON_BYTES = 65_536  # of a value that is free in form
MAX_NAME_CHARACTERS = 255  # of names, keys and foreign ids; as rest/models has it


class IdOf:
    """Marks a text as the graph's id of a record of this kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


def _storable(text: str) -> str:
    if not is_storable(text):
        raise ValueError("holds a NUL character or half a surrogate pair, which no database keeps")
    return text


def as_json(value: Any) -> Any:
    """The value, of which JSON can hold all. Raises ValueError for endless numbers, deep nesting, and what is large."""
    try:
        json.dumps(value, allow_nan=False)
        text = orjson.dumps(reduce(lambda inner, _level: [inner], range(LEVELS_AROUND), value))
    except (orjson.JSONEncodeError, ValueError, RecursionError) as error:
        raise ValueError(f"cannot be kept as JSON: {error}") from None
    if len(text) - 2 * LEVELS_AROUND > MAX_JSON_BYTES:
        raise ValueError(f"has more than {MAX_JSON_BYTES:,} bytes as JSON")
    return value


Storable = AfterValidator(_storable)
FreeValue = Annotated[Any, AfterValidator(as_json)]
FreeObject = Annotated[dict[str, Any], AfterValidator(as_json)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME_CHARACTERS), Storable]
WorkspaceId = Annotated[str, IdOf("WORKSPACE"), Field(description="The workspace's id; any that it ever had will do.")]


class Operation(BaseModel):
    """An input. Its docstring is the mutation's description; `scope` is what a token needs for it, and `needs` what one
    has to be to the workspace where the scope reaches only what is one's own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    scope: ClassVar[str]
    needs: ClassVar[str] = EDITOR

    idempotency_key: Name | None = Field(
        None,
        description="Makes it safe to send the same again: within 24 hours the same key with the same input answers "
        "as it did first, and changes nothing; with another input it is refused.",
    )


class Editing(Operation):
    """An input that changes what somebody else may be editing."""

    expected_updated_at: datetime | None = Field(
        None,
        description="The `updatedAt` that the change is based on. If the record was changed since, it is refused with "
        "CONFLICT, and the error's `current` has what is there now.",
    )


class Outcome(dict[str, Any]):
    """What an operation came to, by the names that its payload reads; JSON, so that it can be kept with a key."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name)


class Writer(Protocol):
    """Performs operations: here, or in the live system."""

    async def perform(self, operation: Operation, viewer: Viewer, commit: Commit) -> Outcome:
        """What came of it. Raises GatewayError, and then nothing was changed; `commit` is told how far it has come."""
