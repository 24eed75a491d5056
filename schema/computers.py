"""Computers."""

from __future__ import annotations

from datetime import datetime

from resolvers.workspaces import workspaces_by_id
from schema.enums import ComputerStatus
from schema.fields import batch_field, column
from schema.lazy import WorkspaceType
from schema.nodes import Record, entity


@entity("COMPUTER")
class Computer(Record):
    """A computer of a workspace (Orgo; its newer pages say desktop)."""

    name: str = column("Name; the id where the documents give none.")
    os: str | None = column("Operating system, such as `linux`.")
    ram: int | None = column("Memory; Orgo's documentation says gigabytes, its documents give no unit.")
    cpu: int | None = column("Processor cores.")
    gpu: str | None = column("Graphics processor, such as `none` or `a10` (older generation).")
    disk_size_gb: int | None = column("Size of the disk in gigabytes (newer generation).")
    url: str | None = column("Address of its page in Orgo's dashboard.")
    status: ComputerStatus = column("Unified state.")
    source_status: str | None = column("Orgo's own word.")
    project_name: str | None = column("Name of its workspace (newer generation).")
    hostname: str | None = column("Host that it is reached at.")
    instance_id: str | None = column("Id of the machine behind it; stable over restarts.")
    connection_url: str | None = column("Address that programs connect to; passwords in it are removed.")
    resolution: str | None = column("Resolution of its screen, such as `1024x768x24`.")
    auto_stop_minutes: int | None = column("Minutes of idleness after which it is suspended; 0 for never.")
    auto_stop_configurable: bool | None = column("Whether the plan allows to change `autoStopMinutes`.")
    auto_suspend_after: str | None = column("The same as a duration, such as `15m`, as the change call answers it.")
    created_at: datetime | None = column("When it was made.")
    workspace: WorkspaceType | None = batch_field(
        workspaces_by_id,
        "The workspace it stands in; null where the documents name none, or only by a name that is not unique.",
        key="workspace_id",
    )
