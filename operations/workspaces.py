"""What can be done with workspaces as a whole."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from db.access import WORKSPACE_WRITE
from db.own import OWNER, VIEWER
from operations.operation import Editing, FreeObject, IdOf, Name, Operation, Storable, WorkspaceId

MAX_TITLE_CHARACTERS = 255  # VAI's
MAX_DESCRIPTION_CHARACTERS = 10_000

Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TITLE_CHARACTERS), Storable
]
Description = Annotated[str, StringConstraints(max_length=MAX_DESCRIPTION_CHARACTERS), Storable]
System = Literal["AITASKER", "ORGO", "VAI", "EVERSHELL"]


class CreateWorkspace(Operation):
    """Makes a workspace in VAI, which the viewer owns. Over a table that an operator registered, it holds a frozen
    copy of it (SNAPSHOT) or the table itself (OPERATIONAL); `tableCandidates` lists them.
    """

    scope: ClassVar[str] = WORKSPACE_WRITE

    title: Title = Field(description="Its title; 1 to 255 characters.")
    description: Description | None = Field(None, description="What it is for.")
    mode: Literal["SNAPSHOT", "OPERATIONAL"] = Field("SNAPSHOT", description="How it stands to its table.")
    backing_table_name: Name | None = Field(None, description="The table it stands on, by its registered name.")
    backing_table_scope: Name | None = Field(None, description="Scope of that table, where several have the name.")
    seed_artifact_version_id: Name | None = Field(
        None, description="Version of the artifact it is made from; kept, as Workgraph holds no artifacts."
    )
    row_id_column: Name | None = Field(
        None,
        description="Column that identifies a row. Where it cannot (values that repeat or are missing), another is "
        "taken, and `warnings` says so.",
    )


class UpdateWorkspace(Editing):
    """Changes what is given and leaves the rest."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    id: WorkspaceId
    title: Title | None = Field(
        None, description="Its name in the graph, over every system's own, and VAI's title; null takes the name back."
    )
    description: Description | None = Field(None, description="What it is for; null for none. Kept by VAI's part.")
    renderer_config: FreeObject | None = Field(
        None, description="Settings of the renderer, free in form; null for none. Kept by VAI's part."
    )


class ArchiveWorkspace(Editing):
    """Puts a workspace away (VAI, Evershell), or leaves one that is. A pod must be stopped or failed."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    id: WorkspaceId


class RestoreWorkspace(Editing):
    """Takes a workspace out of the archive (VAI, Evershell), or leaves one that is not in it."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    id: WorkspaceId


class DeleteWorkspace(Editing):
    """Deletes a workspace with all that hangs on it: its charts, sessions, runs, computers, share and snapshot of a
    table. It cannot be undone. Agents, people and tags stay, and so does a live table.
    """

    scope: ClassVar[str] = WORKSPACE_WRITE
    needs: ClassVar[str] = OWNER

    id: WorkspaceId


class LinkWorkspaces(Operation):
    """Makes one workspace of two; every old id finds it. Refused where both stand in the same system."""

    scope: ClassVar[str] = WORKSPACE_WRITE
    needs: ClassVar[str] = OWNER

    into_id: WorkspaceId
    from_id: WorkspaceId


class UnlinkWorkspace(Operation):
    """Takes one system's part out of a workspace again, with everything that came with it."""

    scope: ClassVar[str] = WORKSPACE_WRITE
    needs: ClassVar[str] = OWNER

    id: WorkspaceId
    system: System = Field(description="The system whose part goes its own way.")


class ForkWorkspace(Operation):
    """Makes a new pod from a point in the history of another one's tasks (Evershell). The viewer owns the fork."""

    scope: ClassVar[str] = WORKSPACE_WRITE
    needs: ClassVar[str] = VIEWER

    id: WorkspaceId
    task_count: int = Field(
        ge=0, le=2**31 - 1, description="How many finished tasks of the parent the fork starts from; 0 for before any."
    )


class StopWorkspace(Operation):
    """Saves a snapshot of a pod and stops it (Evershell). One that is stopped stays as it is."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    id: WorkspaceId


class ResumeWorkspace(Operation):
    """Starts a stopped pod from its snapshot (Evershell). One that is up stays as it is; an archived one is refused."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    id: WorkspaceId


class SetTags(Editing):
    """Gives a workspace these tags, in this order, in place of those it had (VAI)."""

    scope: ClassVar[str] = WORKSPACE_WRITE

    workspace_id: WorkspaceId
    tag_ids: list[Annotated[str, IdOf("TAG")]] = Field(max_length=100, description="Ids of tags; none takes all away.")
