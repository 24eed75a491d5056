"""What is sent: bytes of HTTP requests of every kind, by chance, the same for the same seed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from urllib.parse import quote

from bench.fuzz.documents import BY_HAND, Corpus, broken, odd_value, variables

ODD_BYTES = (
    b"\x00", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xc3\x28", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\\ud800",
    b"\\u0000", b"\x80" * 20, b"NaN", b"1e400", b"-", b"9" * 5000, b'"', b"{", b"[" * 3000, b"\\", b"\r\n",
    b'{"a":1,"a":2}',
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "PROPFIND", "BREW")
PATHS = (
    "/graphql", "/graphql/", "/graphql?x", "//graphql", "/graphql%00", "/", "/livez", "/readyz", "/metrics", "/sign-in",
    "/sign-in?code=%ff", "/graphiql/page.js", "/graphiql/../../etc/passwd", "/graphiql/%2e%2e/%2e%2e/etc/passwd", "/x",
    "/graphql;a=b", "/%", "/docs", "/openapi.json", "/" + "a" * 2000,
)  # fmt: skip
TYPES = (
    "application/json", "application/json; charset=utf-16", "text/plain", "application/x-www-form-urlencoded", "",
    "multipart/form-data; boundary=x", "application/json;;;", "APPLICATION/JSON", "application/graphql+json", "\xff/x",
    "application/graphql", "application/json; boundary=\x01",
)  # fmt: skip
ACCEPTS = (
    "application/json", "application/graphql-response+json", "text/html", "*/*", "", "multipart/mixed",
    "text/event-stream",
    "application/json;q=0", "image/png", ";;;", "a" * 3000,
)  # fmt: skip
HEADERS = (
    ("Origin", "https://evil.example"), ("Origin", "null"), ("Origin", "http://[::1"), ("Content-Encoding", "gzip"),
    ("X-Request-Id", "x" * 129), ("X-Request-Id", "a.b-c_1"), ("X-Request-Id", "\xe9\xff"),
    ("X-Workgraph-Explain", "1"),
    ("X-Workgraph-Cost", "1"), ("Cookie", "workgraph=\xff; a=;=b"), ("Cookie", "workgraph=x"),
    ("Authorization", "Bearer "),
    ("Authorization", "Basic \xff"), ("Authorization", "Bearer eyJhbGciOiJub25lIn0.e30."), ("X-Forwarded-Host", "evil"),
    ("X-Forwarded-For", "1.2.3.4, ::1"), ("Access-Control-Request-Method", "POST"), ("Sec-Fetch-Site", "cross-site"),
    ("Transfer-Encoding", "identity"), ("Expect", "nothing"), ("Upgrade", "h2c"), ("Connection", "close"),
    ("Range", "bytes=0-1"), ("If-None-Match", "*"), ("X-Long", "y" * 7000), ("Accept-Encoding", "br;q=2"),
    ("Te", "trailers"),
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What requests are made of."""

    token: str
    host: str
    corpus: Corpus


@dataclass(frozen=True)
class Made:
    """A request; `is_head` if its answer has no body."""

    kind: str
    raw: bytes
    is_head: bool = False


def request(random: Random, known: Known) -> Made:
    """The next request."""
    (make,) = random.choices([make for make, _ in KINDS], [weight for _, weight in KINDS])
    raw = make(random, known)
    return Made(make.__name__.strip("_"), raw, raw.startswith(b"HEAD "))


def _post(known: Known, body: bytes, **headers: str) -> bytes:
    return _http("POST", "/graphql", known, body, [("Content-Type", "application/json"), *headers.items()])


def _http(method: str, path: str, known: Known, body: bytes, headers: list[tuple[str, str]]) -> bytes:
    own = [] if any(name == "Authorization" for name, _ in headers) else [("Authorization", f"Bearer {known.token}")]
    told = [("Host", known.host), *own, *headers, *([("Content-Length", str(len(body)))] if body else [])]
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in told) + "\r\n"
    return head.encode("latin-1", "replace") + body


def _json(value: object) -> bytes:
    """As JSON; half surrogates as they may be written there."""
    return json.dumps(value).encode()


def _drawn_query(random: Random, known: Known) -> bytes:
    return _post(known, _json({"query": known.corpus.query(random)}))


def _drawn_mutation(random: Random, known: Known) -> bytes:
    return _post(known, _json({"query": known.corpus.mutation(random)}))


def _with_variables(random: Random, known: Known) -> bytes:
    asked = {"query": random.choice(BY_HAND), "variables": variables(random, known.corpus)}
    if random.random() < 0.1:
        asked["operationName"] = random.choice(("A", "B", "", "nothing", "\ud800"))
    return _post(known, _json(asked))


def _broken_document(random: Random, known: Known) -> bytes:
    whole = random.choice(BY_HAND) if random.random() < 0.4 else known.corpus.query(random)
    return _post(known, _json({"query": broken(whole, random), "variables": variables(random, known.corpus)}))


def _broken_bytes(random: Random, known: Known) -> bytes:
    body = bytearray(_json({"query": random.choice(BY_HAND), "variables": variables(random, known.corpus)}))
    for _ in range(random.choice((1, 1, 2, 8))):
        place = random.randrange(len(body) + 1)
        match random.randrange(4):
            case 0:
                body[place : place + 1] = bytes([random.randrange(256)])
            case 1:
                body[place:place] = random.choice(ODD_BYTES)
            case 2:
                del body[place:]
            case _:
                del body[place : place + random.randint(1, 9)]
    return _post(known, bytes(body))


def _odd_json(random: Random, known: Known) -> bytes:
    names = ("query", "variables", "operationName", "extensions", "id", "documentId")
    value: object = {name: odd_value(random, known.corpus) for name in random.sample(names, random.randint(0, 4))}
    if random.random() < 0.4:
        value = odd_value(random, known.corpus)
    elif random.random() < 0.5 and isinstance(value, dict):
        value["query"] = random.choice(BY_HAND)
    return _post(known, _json(value))


def _by_address(random: Random, known: Known) -> bytes:
    query = random.choice(BY_HAND) if random.random() < 0.6 else broken(random.choice(BY_HAND), random)
    parts = {"query": query, "variables": json.dumps(variables(random, known.corpus))}
    for _ in range(random.choice((0, 0, 1, 2))):
        parts[random.choice(("query", "variables", "operationName", "extensions", "x"))] = str(
            odd_value(random, known.corpus)
        )
    told = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in parts.items())
    if random.random() < 0.2:
        place = random.randrange(len(told))
        told = (
            told[:place]
            + random.choice(("%", "%zz", "%ff", "%00", "&", "=", "%ed%a0%80", "+", "&&&query=x"))
            + told[place:]
        )
    return _http(random.choice(("GET", "GET", "GET", "HEAD")), f"/graphql?{told}", known, b"", [])


def _odd_head(random: Random, known: Known) -> bytes:
    headers = random.sample(HEADERS, random.randint(0, 3))
    if random.random() < 0.4:
        headers.append(("Accept", random.choice(ACCEPTS)))
    if random.random() < 0.6:
        headers.append(("Content-Type", random.choice(TYPES)))
    body = random.choice((b"", b"x", _json({"query": "{ viewer { email } }"}), b"query={__typename}", b"[]"))
    path = "/graphql" if random.random() < 0.6 else random.choice(PATHS)
    return _http(random.choice(METHODS), path, known, body, headers)


def _large(random: Random, known: Known) -> bytes:
    """As much of something as is refused, or nearly."""
    count = random.choice((10, 100, 1_000, 10_000, 40_000))
    texts = (
        "{" + " ".join(f"a{n}: __typename" for n in range(count)) + "}",
        "{ a" * min(count, 20_000) + "}" * min(count, 20_000),
        "{ workspaces { nodes { id } } }" + "#" * count,
        "query(" + " ".join(f"$v{n}: Int" for n in range(count)) + ") { __typename }",
        "{ " + "".join(f"...F{n} " for n in range(count)) + "}",
        "{ ...A } " + "fragment A on Query { ...A }" * min(count, 1_000),
        "{ viewer { email " + "@skip(if: false) " * count + "} }",
        "{ nodes(ids: [" + '"x" ' * count + "]) { id } }",
        "{ node(id: " + "[" * count + ") { id } }",
        "{ workspaces(first: " + "9" * count + ") { totalCount } }",
        "{" + " unknown" * count + "}",
        "{ lookup(system: VAI, type: WORKSPACE, externalId: " + json.dumps("x" * count) + ") { __typename } }",
    )
    nested: object = None
    for _ in range(min(count, 900)):
        nested = [nested]
    return _post(known, _json({"query": random.choice(texts), "variables": {"x": nested, "y": ["z"] * (count // 10)}}))


KINDS: tuple[tuple[Callable[[Random, Known], bytes], int], ...] = (
    (_drawn_query, 26), (_drawn_mutation, 7), (_with_variables, 18), (_broken_document, 16), (_broken_bytes, 12),
    (_odd_json, 8), (_by_address, 7), (_odd_head, 5), (_large, 1),
)  # fmt: skip
