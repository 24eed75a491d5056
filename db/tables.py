"""All tables: importing this module declares every one of them on `metadata`."""

from db import (  # noqa: F401  (each declares its tables)
    activity,
    agents,
    charts,
    computers,
    data_tables,
    documents,
    operations,
    runs,
    sessions,
    tags,
    users,
    workspaces,
)
from db.metadata import metadata

__all__ = ["metadata"]
