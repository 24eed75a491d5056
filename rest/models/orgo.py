"""Orgo: folders of computers in both generations (computers / desktops, workspaces / projects); snake_case.

The build calls alone are camelCase.
"""

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from rest.models.types import Count, Document, Id, Json, Number, RecordDocument, Reference, Text, Timestamp, Whole


class InstanceDetails(Document):
    """Source: Orgo GET /computers/{id}, field `instance_details` (read by the SDK)."""

    resolution: Text | None = None


class Computer(RecordDocument):
    """Source: Orgo GET /computers/{id}; also the answer of create and clone."""

    record: ClassVar[str] = "COMPUTER"

    id: Id
    name: Text | None = None
    workspace_id: Reference | None = None
    project_name: Text | None = None
    os: Text | None = None
    ram: Whole | None = None
    cpu: Whole | None = None
    gpu: Text | None = None
    disk_size_gb: Whole | None = None
    status: Text | None = None
    url: Text | None = None
    created_at: Timestamp | None = None
    instance_id: Text | None = None
    fly_instance_id: Text | None = None
    hostname: Text | None = None
    connection_url: Text | None = None
    vnc_password: Text | None = None
    resolution: Text | None = None
    instance_details: InstanceDetails | None = None


class Workspace(RecordDocument):
    """Source: Orgo GET /workspaces/{id}; also GET /projects/{id} of the SDK."""

    record: ClassVar[str] = "WORKSPACE"

    id: Id
    name: Text | None = None
    user_id: Reference | None = None
    status: Text | None = None
    icon_url: Text | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None
    computer_count: Whole | None = None
    computers: list[Computer] | None = None
    desktops: list[Computer] | None = None


class Workspaces(Document):
    """Source: Orgo GET /workspaces."""

    workspaces: list[Workspace] | None = None


class Projects(Document):
    """Source: Orgo GET /projects (deprecated alias of workspaces)."""

    projects: list[Workspace] | None = None


class ActionAnswer(Document):
    """Source: Orgo POST /computers/{id}/start, /stop and /restart."""

    success: bool | None = None
    status: Text | None = None


class MoveAnswer(Document):
    """Source: Orgo PATCH /computers/{id}/move; `project_id` is the workspace moved to."""

    success: bool | None = None
    project_id: Reference | None = None


class AutoStop(Document):
    """Source: Orgo GET and PATCH /computers/{id}/auto-stop."""

    auto_stop_minutes: Whole | None = None
    configurable: bool | None = None
    auto_suspend_after: Text | None = None


class CommandOutput(Document):
    """Source: Orgo POST /computers/{id}/bash (read by the SDK)."""

    output: Text | None = None


class Screenshot(Document):
    """Source: Orgo GET /computers/{id}/screenshot; `image` is base64 text or a path."""

    success: bool | None = None
    image: Text | None = None
    mime_type: Text | None = None
    width: Whole | None = None
    height: Whole | None = None
    metadata: Json = None


class ErrorAnswer(Document):
    """Source: Orgo, every call that fails."""

    error: Text | None = None
    request_id: Text | None = None
    upstream_status: Whole | None = None
    code: Text | None = None
    key_workspace_id: Reference | None = None
    target_workspace_id: Reference | None = None


class CreateWorkspaceRequest(Document):
    """Source: Orgo POST /workspaces, body."""

    name: Annotated[Text, Field(min_length=1)]
    icon_url: Text | None = None
    status: Text | None = "active"


class CreateProjectRequest(Document):
    """Source: Orgo POST /projects, body (SDK)."""

    name: Text


class CreateComputerRequest(Document):
    """Source: Orgo POST /computers, body; the SDK sends `cpu` 0.5 too."""

    workspace_id: Id
    name: Annotated[Text, Field(min_length=1)]
    os: Text | None = "linux"
    ram: Whole | None = 4
    cpu: Number | None = 1
    disk_size_gb: Whole | None = 8
    resolution: Text | None = "1280x720x24"
    auto_stop_minutes: Count | None = None
    gpu: Text | None = None
    image: Text | None = None
    template_ref: Text | None = None


class MoveComputerRequest(Document):
    """Source: Orgo PATCH /computers/{id}/move, body; `project_id` is the workspace to move to."""

    project_id: Id


class SetAutoStopRequest(Document):
    """Source: Orgo PATCH /computers/{id}/auto-stop, body; 0 disables."""

    auto_stop_minutes: Count


class ClickRequest(Document):
    """Source: Orgo POST /computers/{id}/click, body."""

    x: Whole
    y: Whole
    button: Text | None = None
    double: bool | None = None


class DragRequest(Document):
    """Source: Orgo POST /computers/{id}/drag, body; `duration` is in seconds."""

    start_x: Whole
    start_y: Whole
    end_x: Whole
    end_y: Whole
    button: Text | None = None
    duration: Number | None = None


class TypeRequest(Document):
    """Source: Orgo POST /computers/{id}/type, body."""

    text: Text


class KeyRequest(Document):
    """Source: Orgo POST /computers/{id}/key, body."""

    key: Text


class ScrollRequest(Document):
    """Source: Orgo POST /computers/{id}/scroll, body."""

    direction: Text
    amount: Whole | None = 3


class WaitRequest(Document):
    """Source: Orgo POST /computers/{id}/wait, body; `duration` is in seconds."""

    duration: Number


class BashRequest(Document):
    """Source: Orgo POST /computers/{id}/bash, body."""

    command: Text


class ExecRequest(Document):
    """Source: Orgo POST /computers/{id}/exec, body; the unit of `timeout` is not given."""

    code: Text
    timeout: Whole | None = 10


class StartStreamRequest(Document):
    """Source: Orgo POST /computers/{id}/stream/start, body."""

    connection_name: Text


class BuildDocument(Document):
    """Source: Orgo /builds/*, the camelCase corner of Orgo."""

    model_config = ConfigDict(alias_generator=to_camel)


class Build(BuildDocument):
    """Source: Orgo POST /builds/create, field `build`."""

    id: Reference | None = None
    tag: Text | None = None
    image_ref: Text | None = None


class BuildAnswer(BuildDocument):
    """Source: Orgo POST /builds/create and GET /builds/latest."""

    build: Build | None = None


class CreateBuildRequest(BuildDocument):
    """Source: Orgo POST /builds/create, body."""

    org_id: Text
    project_id: Id
    name: Text | None = None


class UpdateBuildRequest(BuildDocument):
    """Source: Orgo POST /builds/update, body."""

    build_id: Id
    status: Text
    error_message: Text | None = None
    logs: Text | None = None
