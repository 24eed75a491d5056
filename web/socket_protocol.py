"""WebSockets as the server takes them in: a client that does not read what it asked for is cut off."""

from __future__ import annotations

import logging
from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from web import protocol
from web.guards.loggers import quiet


class BoundedSocket(WebSocketsSansIOProtocol):
    """One socket. uvicorn waits without end for a client to read, even to close the socket."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = quiet(logging.CRITICAL)  # what goes wrong in the application is logged there
        self.conn.logger = self.logger  # of which any handshake that fails is an error
        self.reading: TimerHandle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self.transport.is_closing():  # what still comes is passed over
            super().data_received(data)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.reading is None:
            self.reading = self.loop.call_later(protocol.READING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        self._stop_waiting()
        super().resume_writing()

    def _stop_waiting(self) -> None:
        if self.reading is not None:
            self.reading.cancel()
            self.reading = None
