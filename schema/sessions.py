"""Sessions and messages."""

from __future__ import annotations

from datetime import datetime

from resolvers.agents import agents_by_id
from resolvers.sessions import access_of_sessions, messages_of_sessions, sessions_by_id
from resolvers.users import recipients_of_sessions, users_by_id
from resolvers.workspaces import workspaces_by_id
from schema.agents import Agent
from schema.enums import Access
from schema.fields import batch_field, column, connection, part
from schema.filters import MessageFilter
from schema.lazy import SessionType, WorkspaceType
from schema.nodes import Connection, Record, entity, object_type
from schema.orders import MessageOrder
from schema.scalars import JSON
from schema.users import User


@object_type
class MessageError:
    """Why a message failed (VAI)."""

    code: str | None = column("Code.", name="error_code")
    title: str | None = column("Short text for people.", name="error_title")
    description: str | None = column("Longer text for people.", name="error_description")
    reference_id: str | None = column("What to tell VAI's support.", name="error_reference_id")
    retryable: bool | None = column("Whether trying again may help.", name="error_retryable")


@entity("MESSAGE")
class Message(Record):
    """A message of a session (VAI)."""

    role: str = column("Who speaks: `user` and other words that VAI does not document; `unknown` where it gives none.")
    content: str | None = column("What is said.")
    format: str | None = column("How `rawData` is to be read, such as `pydantic_ai`.")
    raw_data: JSON | None = column("The message as the agent's library keeps it, free in form.")
    cancelled: bool = column("Whether it was broken off.")
    duration_seconds: float | None = column("How long it took, in seconds.")
    turn_id: str | None = column("Id of the turn that it belongs to.")
    created_by: str | None = column("Who made it, as VAI writes it.")
    created_at: datetime | None = column("When it was made.")
    updated_at: datetime | None = column("When it last changed.")
    error: MessageError | None = part(
        "Why it failed; null if it did not.", "error_code", "error_title", "error_description", "error_reference_id",
        "error_retryable",
    )  # fmt: skip
    session: SessionType = batch_field(sessions_by_id, "The session it belongs to.", key="session_id")


@object_type
class SessionScope:
    """What a session is about (VAI)."""

    kind: str | None = column("Kind: `general` and other words that VAI does not document.", name="scope_kind")
    workspace_id: str | None = column("VAI's id of the workspace it is about.", name="scope_workspace_id")
    document_id: str | None = column("VAI's id of the document it is about.", name="scope_document_id")


@entity("SESSION")
class Session(Record):
    """A chat session, in a workspace or by itself (VAI)."""

    title: str | None = column("Title.")
    scope: SessionScope = part("What it is about.")
    is_shared: bool = column("Whether it is shared with others.")
    viewer_access: Access = batch_field(access_of_sessions, "What the viewer is to it.")
    source_viewer_access: str | None = column(
        "VAI's own word for what the person who fetched the document is to it.", name="viewer_access"
    )
    active_turn_id: str | None = column("Id of the turn that runs; null if none does.")
    active_turn_status: str | None = column("State of the turn that runs, in VAI's own word.")
    active_turn_last_event_seq: int | None = column("Number of the last event of the turn that runs.")
    last_turn_status: str | None = column("How the last turn ended, in VAI's own word.")
    created_at: datetime | None = column("When it was begun.")
    updated_at: datetime | None = column("When it last changed.")
    agent: Agent | None = batch_field(agents_by_id, "The agent it is held with.", key="agent_id")
    workspace: WorkspaceType | None = batch_field(
        workspaces_by_id, "The workspace it stands in; null for a chat thread of none.", key="workspace_id"
    )
    shared_by: User | None = batch_field(users_by_id, "Who shared it.", key="shared_by_id")
    share_recipients: list[User] = batch_field(recipients_of_sessions, "Who it is shared with, in VAI's order.")
    messages: Connection[Message] = connection(
        messages_of_sessions, "What was said, oldest first.", filter=MessageFilter, order=MessageOrder
    )
