"""What the server under us logs: not what any client can make it say with each request."""

from __future__ import annotations

import logging


def quiet(level: int) -> logging.Logger:
    """A logger beside uvicorn's own, which lets through what has at least this level."""
    logger = logging.getLogger(f"uvicorn.error.{logging.getLevelName(level).lower()}")
    logger.setLevel(level)
    return logger
