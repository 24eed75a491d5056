"""HTTP as the server takes it in: bounds for what comes before a body, and for clients that do not read their answers.

uvicorn has none: headers may be of any size and take any time, and so may the reading of an answer.
"""

from __future__ import annotations

import logging
from asyncio import AbstractEventLoop, BaseTransport, TimerHandle, Transport
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from errors import BadRequestError, GatewayError, HeadersTimeoutError, HeadersTooLargeError
from settings import Settings
from web.answers import new_request_id, refusal
from web.guards.loggers import quiet

BETWEEN = 4  # bytes around a header's name and value
LINGER_SECONDS = 1.0
READING_SECONDS = 60.0  # that a client may take until it has read enough for the server to go on writing


class Lingering:
    """A transport whose end comes in two steps: nothing more is written, and for a moment what comes is passed over.

    To close it at once, with bytes of the client not yet read, resets the connection, and the answer is lost.
    """

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self.is_over = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Whether the end has begun."""
        return self.is_over or self._transport.is_closing()

    def close(self) -> None:
        """Begin the end."""
        if self.is_closing():
            return
        self.is_over = True
        if not self._transport.can_write_eof():  # as over TLS
            self._transport.close()
            return
        self._transport.write_eof()
        with suppress(RuntimeError):  # it was not paused
            self._transport.resume_reading()
        self._loop.call_later(LINGER_SECONDS, self._transport.close)


class BoundedProtocol(HttpToolsProtocol):
    """One connection, whose requests have so many bytes of headers, and so much time to send them."""

    def __init__(self, *args: Any, header_bytes: int, header_seconds: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = quiet(logging.ERROR)
        self.header_bytes, self.header_seconds = header_bytes, header_seconds
        self.refusal: GatewayError = BadRequestError("this is no request of HTTP that can be read")
        self.size = self.received = 0  # bytes of headers that were read; bytes since the last that were
        self.has_headers = False
        self.deadline: TimerHandle | None = None
        self.reading: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        self.lingering = Lingering(transport, self.loop)  # type: ignore[arg-type]
        super().connection_made(self.lingering)  # type: ignore[arg-type]
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._got_headers()
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.lingering.is_over:
            return
        self.received += len(data)
        super().data_received(data)
        is_idle = self.cycle is None or self.cycle.response_complete
        if self.deadline is not None and self.received > self.header_bytes:
            self._check(self.received)
        elif is_idle and self.deadline is None and not self.transport.is_closing() and not self._is_socket():
            self._expect_headers()  # of a further request over the same connection

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.size, self.has_headers = 0, False
        if self.deadline is None:
            self._expect_headers()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.has_headers:  # what stands behind a body in chunks is none, whatever uvicorn would make of it
            super().on_header(name, value)
        self._count(len(name) + len(value) + BETWEEN)

    def on_headers_complete(self) -> None:
        self._got_headers()
        self.has_headers = True
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.reading is None:
            self.reading = self.loop.call_later(READING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        self._stop_waiting()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """What is said to what is no request, in the form of all other errors; then the connection ends."""
        if self.transport.is_closing():
            return
        self._got_headers()
        if self.cycle is not None and not self.cycle.response_complete:  # of the request before what cannot be read
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        request_id = new_request_id()
        answer = refusal(self.refusal, request_id)
        answer.headers.update({"connection": "close", "x-request-id": request_id})
        lines = [f"HTTP/1.1 {answer.status_code} {HTTPStatus(answer.status_code).phrase}".encode()]
        lines += [name + b": " + value for name, value in answer.raw_headers]
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + bytes(answer.body))
        self.transport.close()

    def _count(self, size: int) -> None:
        """Raises, for the parser to stop, where there are too many."""
        self.size += size
        if self.size > self.header_bytes:
            self.refusal = self._too_large(self.size)
            raise self.refusal

    def _check(self, size: int) -> None:
        self.refusal = self._too_large(size)
        self.send_400_response("")

    def _too_large(self, size: int) -> GatewayError:
        message = f"the line and headers of a request have at most {self.header_bytes:,} bytes"
        return HeadersTooLargeError(message, limit="headerBytes", value=self.header_bytes, asked=size)

    def _expect_headers(self) -> None:
        self.received = 0
        self.deadline = self.loop.call_later(self.header_seconds, self._is_late)

    def _got_headers(self) -> None:
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None

    def _is_late(self) -> None:
        self.deadline = None
        if not self.received:
            self.transport.close()  # nobody asked anything
            return
        seconds = self.header_seconds
        message = f"the line and headers of a request must be there in {seconds:g} seconds"
        self.refusal = HeadersTimeoutError(message, limit="headerSeconds", value=seconds, asked=seconds)
        self.send_400_response("")

    def _stop_waiting(self) -> None:
        if self.reading is not None:
            self.reading.cancel()
            self.reading = None

    def _is_socket(self) -> bool:
        return self.transport.get_protocol() is not self


def bounded_protocol(settings: Settings) -> Any:
    """The protocol with the bounds of the settings, as uvicorn takes one."""
    return partial(BoundedProtocol, header_bytes=settings.header_bytes, header_seconds=settings.header_seconds)
