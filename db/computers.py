"""Computers (Orgo)."""

from sqlalchemy import Boolean, Column, Integer

from db.metadata import moment, record_table, text

computers = record_table(
    "computers",
    text("workspace_id"),
    text("part_id"),
    text("name", nullable=False),
    text("os"),
    Column("ram", Integer),
    Column("cpu", Integer),
    text("gpu"),
    Column("disk_size_gb", Integer),
    text("url"),
    text("status", nullable=False),
    text("source_status"),
    text("project_name"),
    text("hostname"),
    text("instance_id"),
    text("connection_url"),
    text("resolution"),
    Column("auto_stop_minutes", Integer),
    Column("auto_stop_configurable", Boolean),
    text("auto_suspend_after"),
    moment("created_at"),
    indexes=(("workspace_id", "created_at"), ("part_id",), ("created_at",), ("name",)),
)
