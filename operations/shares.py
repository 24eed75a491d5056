"""What can be done with the share of a workspace."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from db.access import SHARE_WRITE
from db.own import OWNER
from operations.operation import Editing, Name, WorkspaceId


class SetShare(Editing):
    """Shares a workspace with these people, in place of those it was shared with (VAI)."""

    scope: ClassVar[str] = SHARE_WRITE
    needs: ClassVar[str] = OWNER

    workspace_id: WorkspaceId
    recipient_user_ids: list[Name] = Field(
        max_length=200,
        description="Who it is shared with: ids of users of VAI, the graph's or VAI's own. None sets a revoked share "
        "again for those it had.",
    )
    expires_at: datetime | None = Field(None, description="When access ends; null for never.")


class RevokeShare(Editing):
    """Ends the access of all it is shared with, and keeps their names for setting it again (VAI)."""

    scope: ClassVar[str] = SHARE_WRITE
    needs: ClassVar[str] = OWNER

    workspace_id: WorkspaceId


class ClearShare(Editing):
    """Ends the access of all it is shared with, and forgets who they were (VAI)."""

    scope: ClassVar[str] = SHARE_WRITE
    needs: ClassVar[str] = OWNER

    workspace_id: WorkspaceId
