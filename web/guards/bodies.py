"""Bodies: so many bytes, in so much time, and nothing is read of one that says itself that it is larger."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from errors import BadRequestError, BodyTimeoutError, BodyTooLargeError, MediaTypeError


@dataclass(frozen=True)
class BodyLimits:
    """What a body may be."""

    most_bytes: int
    seconds: float

    def check(self, headers: dict[bytes, bytes]) -> None:
        """Raises MediaTypeError for what is no JSON, and BodyTooLargeError for what says that it is too large."""
        if not _is_json(headers.get(b"content-type", b"")):
            raise MediaTypeError("send JSON in UTF-8, with `Content-Type: application/json`")
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise MediaTypeError("send the body as it is, without `Content-Encoding`")
        told = headers.get(b"content-length", b"0")
        if not told.isdigit():
            raise BadRequestError("`Content-Length` must be a number")
        self._check_size(int(told))

    async def body(self, receive: Any) -> bytes | None:
        """The whole body; None if the client has gone before its end."""
        try:
            async with asyncio.timeout(self.seconds):
                return await self._body(receive)
        except TimeoutError:
            message = f"the body was not there after {self.seconds:g} seconds"
            raise BodyTimeoutError(message, limit="bodySeconds", value=self.seconds, asked=self.seconds) from None

    async def _body(self, receive: Any) -> bytes | None:
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            self._check_size(size)
            if not message.get("more_body"):
                return parts[0] if len(parts) == 1 else b"".join(parts)

    def _check_size(self, size: int) -> None:
        if size > self.most_bytes:
            message = f"a body has at most {self.most_bytes:,} bytes, and this one {size:,} or more"
            raise BodyTooLargeError(message, limit="bodyBytes", value=self.most_bytes, asked=size)


def _is_json(content_type: bytes) -> bool:
    kind, *parameters = content_type.lower().split(b";")
    charsets = [one.partition(b"=")[2].strip(b' "') for one in parameters if one.strip().startswith(b"charset")]
    return kind.strip() == b"application/json" and all(charset in (b"utf-8", b"utf8") for charset in charsets)
