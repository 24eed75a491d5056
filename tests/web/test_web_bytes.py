"""Odd bytes: every door gives the same verdict, in the form of all errors, and nothing goes wrong inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_from_bytes

import httpx
import orjson
from structlog.testing import capture_logs

from tests.test_socket import opened
from tests.web.sites import Site, Sites, code_of

BAD = "BAD_REQUEST"
VARIABLES = b'{"i": %s}'
NODE = b'"query ($i: ID!) { node(id: $i) { id } }"'
FILTER = b'"query ($i: AgentFilter) { agents(filter: $i) { totalCount } }"'
PAGE = b'"query ($i: Int) { agents(first: $i) { totalCount } }"'
AFTER = b'"query ($i: String) { agents(after: $i) { totalCount } }"'
DEEP, WIDE = b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000
DIGITS = b"9" * 5_000


@dataclass
class Odd:
    """A request as JSON has its members; `address`, what of it an address has that JSON cannot have the same way."""

    query: bytes = b'"{ __typename }"'
    variables: bytes = b"{}"
    name: bytes = b"null"
    extensions: bytes = b"null"
    address: bytes | None = None
    code: str = BAD

    @property
    def body(self) -> bytes:
        """As it is posted."""
        members = (self.query, self.variables, self.name, self.extensions)
        return b'{"query":%s,"variables":%s,"operationName":%s,"extensions":%s}' % members

    @property
    def parameters(self) -> bytes | None:
        """As an address has it; None for what an address cannot have: there every query is a text."""
        if self.address is not None:
            return self.address
        try:
            query, name = orjson.loads(self.query), orjson.loads(self.name)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(query, str) or not isinstance(name, str | None):
            return None
        told = [("query", query.encode()), ("variables", self.variables), ("extensions", self.extensions)]
        told += [] if name is None else [("operationName", name.encode())]
        return b"&".join(key.encode() + b"=" + quote_from_bytes(value).encode() for key, value in told)


ODD: dict[str, Odd] = {
    "half a surrogate pair in the query": Odd(rb'"{ __typename \ud800 }"', address=b"query=%7Ba%ED%A0%80%7D"),
    "half a pair as GraphQL escapes it": Odd(rb'"{ node(id: \"\\ud800\") { id } }"'),
    "half a pair in braces": Odd(rb'"{ node(id: \"\\u{D800}\") { id } }"'),
    "half a pair in an id": Odd(NODE, VARIABLES % rb'"\ud800"'),
    "half a pair in a cursor": Odd(AFTER, VARIABLES % rb'"\udc00"'),
    "half a pair in a filter": Odd(FILTER, VARIABLES % rb'{"name": {"eq": "\ud800"}}'),
    "half a pair in the name": Odd(name=rb'"\ud800"', address=b"query=%7B__typename%7D&operationName=%ED%A0%80"),
    "half a pair in a key": Odd(variables=rb'{"\ud800": 1}'),
    "invalid UTF-8 in the query": Odd(b'"{ \xff\xfe }"', address=b"query=%7B%FF%FE%7D"),
    "invalid UTF-8 in a variable": Odd(NODE, VARIABLES % b'"\xff"'),
    "UTF-8 of surrogates": Odd(NODE, VARIABLES % b'"\xed\xa0\x80"'),
    "too long UTF-8": Odd(NODE, VARIABLES % b'"\xc0\x80"'),
    "UTF-8 cut off": Odd(NODE, VARIABLES % b'"\xe2\x82"'),
    "NUL in the query": Odd(rb'"{ __typename \u0000 }"'),
    "NUL as GraphQL escapes it": Odd(rb'"{ node(id: \"\\u0000\") { id } }"'),
    "NUL in braces": Odd(rb'"{ node(id: \"\\u{000}\") { id } }"'),
    "NUL in an id": Odd(NODE, VARIABLES % rb'"\u0000"'),
    "NUL in a cursor": Odd(AFTER, VARIABLES % rb'"\u0000"'),
    "NUL in a filter": Odd(FILTER, VARIABLES % rb'{"name": {"in": ["a", "\u0000"]}}'),
    "NUL in a key": Odd(variables=rb'{"a\u0000": 1}'),
    "NUL in the name": Odd(name=rb'"\u0000"'),
    "NUL as it is": Odd(NODE, VARIABLES % b'"\0"'),
    "5,000 digits": Odd(b'"{ agents(first: ' + DIGITS + b') { totalCount } }"'),
    "5,000 digits in a variable": Odd(PAGE, VARIABLES % DIGITS),
    "5,000 digits in a free value": Odd(FILTER, VARIABLES % (b'{"name": {"eq": %s}}' % DIGITS)),
    "1e400": Odd(b'"{ agents(first: 1e400) { totalCount } }"'),
    "1e400 in a variable": Odd(PAGE, VARIABLES % b"1e400"),
    "NaN": Odd(b'"{ agents(first: NaN) { totalCount } }"'),
    "NaN in a variable": Odd(PAGE, VARIABLES % b"NaN"),
    "Infinity in a variable": Odd(PAGE, VARIABLES % b"-Infinity"),
    "a number with a zero before it": Odd(PAGE, VARIABLES % b"01"),
    "a key twice": Odd(PAGE, b'{"i": 1, "i": 2}', address=b"query=%7B__typename%7D&query=%7B__typename%7D"),
    "a key twice, once escaped": Odd(PAGE, rb'{"i": 1, "\u0069": 2}'),
    "a key twice far down": Odd(FILTER, VARIABLES % b'{"name": {"eq": "a", "eq": "b"}}'),
    "a member twice": Odd(b'"{ __typename }", "query": "{ x }"', address=b"query=%7Ba%7D&variables=%7B%7D&variables=%7B%7D"),
    "nested arrays without end": Odd(variables=b'{"i": ' + DEEP + b"}"),
    "100,000 nested arrays": Odd(FILTER, VARIABLES % WIDE),
    "100,000 nested arrays in the query": Odd(b'"{ agents(first: ' + WIDE + b') { totalCount } }"', code="*"),
    "100,000 nested objects": Odd(FILTER, VARIABLES % (b'{"not":' * 100_000 + b"{}" + b"}" * 100_000)),
    "100,000 nested selections": Odd(b'"' + b"{a" * 100_000 + b'"', code="*"),
    "JSON 1,000 deep": Odd(FILTER, VARIABLES % (b'{"not":' * 1_000 + b"{}" + b"}" * 1_000)),
    "a number as query": Odd(b"5"), "null as query": Odd(b"null"), "a list as query": Odd(b'["{ __typename }"]'),
    "an object as query": Odd(b"{}"), "true as query": Odd(b"true"), "no text as query": Odd(b'""'),
    "a list as variables": Odd(variables=b"[1]"), "a text as variables": Odd(variables=b'"x"'),
    "a number as variables": Odd(variables=b"5"), "false as variables": Odd(variables=b"false"),
    "a list as extensions": Odd(extensions=b"[1]"), "a number as extensions": Odd(extensions=b"5"),
    "a text as extensions": Odd(extensions=b'"x"'), "half an object as extensions": Odd(extensions=b"{"),
    "a number as name": Odd(name=b"5"), "an object as name": Odd(name=b"{}"), "an unknown name": Odd(name=b'"Q"'),
    "a name of 500 kB": Odd(name=b'"' + b"Q" * 500_000 + b'"'),
    "half an object as variables": Odd(variables=b'{"i"'), "nothing as variables": Odd(variables=b"{,}"),
    "a comma too many": Odd(variables=b'{"i": 1,}'), "a comment in JSON": Odd(variables=b'{"i": 1 /* x */}'),
    "a BOM before JSON": Odd(variables=b"\xef\xbb\xbf{}"), "two BOMs in the query": Odd(rb'"{ a\ufeffb\ufeff }"'),
    "only comments": Odd(rb'"# nothing\n"'), "only commas": Odd(b'",,,"'), "only blanks": Odd(b'"   "'),
    "only a BOM": Odd(rb'"\ufeff"'), "an open text": Odd(rb'"{ node(id: \""'), "a wrong escape": Odd(rb'"{ node(id: \"\\x\") { id } }"'),
    "a control character": Odd(rb'"{ \u0007 }"'), "a vertical tab": Odd(rb'"{\u000b__typename}"'),
    "a text as page": Odd(PAGE, VARIABLES % b'"1"'), "a list as page": Odd(PAGE, VARIABLES % b"[1]"),
    "an object as id": Odd(NODE, VARIABLES % b"{}"), "a truth as id": Odd(NODE, VARIABLES % b"true"),
    "null as id": Odd(NODE, VARIABLES % b"null"), "no id": Odd(NODE), "an unknown field": Odd(b'"{ nothing }"'),
    "an unknown input field": Odd(FILTER, VARIABLES % b'{"nothing": 1}'),
    "a fragment in itself": Odd(b'"{ ...F } fragment F on Query { ...F }"'),
    "a fragment alone": Odd(b'"fragment F on Query { __typename }"'), "a type": Odd(b'"type Query { a: Int }"'),
    "a subscription": Odd(b'"subscription { x }"'), "a moment that is none": Odd(
        b'"query ($i: DateTime) { agents(filter: {createdAt: {eq: $i}}) { totalCount } }"', VARIABLES % b'"2024-13-45"', code="*"
    ),
}  # fmt: skip


async def socket_verdict(socket: Any, number: int, odd: Odd) -> str:
    """The code of the error that a socket tells, or the code that it is closed with."""
    text = b'{"id":"%d","type":"subscribe","payload":%s}' % (number, odd.body)
    await socket.coming.put({"type": "websocket.receive", "text": text.decode("utf-8", "surrogateescape")})
    told = await socket.sent.get()
    if told["type"] == "websocket.close":
        return str(told["code"])
    message = orjson.loads(told["text"])
    assert message["type"] == "error", message
    assert {"code", "requestId", "retryable"} <= message["payload"][0]["extensions"].keys()
    code: str = message["payload"][0]["extensions"]["code"]
    return code


async def test_what_is_odd_is_refused_alike_by_every_door(site: Site) -> None:
    verdicts: dict[str, set[tuple[int, str]]] = {}
    with capture_logs() as logged:
        for name, odd in ODD.items():
            status, code = code_of(await site.post(odd.body))
            verdicts[name] = {(status, code)}
            if odd.parameters is not None and len(odd.parameters) < 60_000:  # no server takes longer addresses
                got = await site.client.get(f"/graphql?{odd.parameters.decode()}", headers=site.signed)
                verdicts[name].add(code_of(got))
            async with opened(site.app, site.token) as socket:
                told = await socket_verdict(socket, 1, odd)
                verdicts[name].add((status, code) if told == "4400" else (status, told))
    same = {name: {(400, odd.code if odd.code != "*" else max(verdicts[name])[1])} for name, odd in ODD.items()}
    assert verdicts == same
    assert logged == []


ENCODINGS: dict[str, bytes] = {
    encoding: '{"query": "{ __typename }"}'.encode(encoding)
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-8-sig", "cp037")
}
BODIES = ENCODINGS | {
    "nothing": b"", "blanks": b" \n ", "half": b'{"query": "{ __typename', "null": b"null", "a number": b"1", "a text": b'"x"',
    "true": b"true", "an empty object": b"{}", "two objects": b'{"query":"{a}"}{"query":"{b}"}', "arrays": DEEP,
    "objects": b'{"a":' * 100_000, "closed arrays": WIDE, "NUL": b"\0", "a form": b"query=%7B__typename%7D",
    "a document": b"{ __typename }", "single quotes": b"{'query': '{ __typename }'}", "a prefix": b")]}',\n{}",
    "100,000 keys": orjson.dumps({str(number): 0 for number in range(100_000)}),
}  # fmt: skip


async def test_a_body_that_is_no_request_is_refused(site: Site) -> None:
    with capture_logs() as logged:
        verdicts = {name: code_of(await site.post(body)) for name, body in BODIES.items()}
    assert verdicts == dict.fromkeys(BODIES, (400, BAD))
    assert logged == []


ADDRESSES = (
    "query=%", "query=%7", "query=%zz", "query=%7B__typename%7D&variables=%", "query=%FF", "query=%C0%80", "query=%00", "%00=1",
    "query=%7B__typename%7D%00", "query", "query=", "=", "&&&", "QUERY=%7B__typename%7D", "query[]=%7B__typename%7D",
    "query=%7B__typename%7D&variables=5", "query=%7B__typename%7D&variables=%5B%5D", "query=%7B__typename%7D&variables=null%20x",
    "query=%7B__typename%7D&extensions=%5B1%5D", "query=%7B__typename%7D&operationName=%ED%A0%80",
    "query=%7B__typename%7D&query=%7B__typename%7D", "query=%7B__typename%7D&" + "&".join(f"a{n}=1" for n in range(50)),
    "query=%u007B__typename%u007D", "query=%7B__typename%7D&variables=%7B%22a%22%3A1%2C%22a%22%3A2%7D",
)  # fmt: skip


async def test_an_address_that_is_no_request_is_refused(site: Site) -> None:
    verdicts = {}
    with capture_logs() as logged:
        for address in ADDRESSES:
            url = httpx.URL("http://localhost/graphql", query=address.encode())
            verdicts[address] = code_of(await site.client.get(url, headers=site.signed))
    assert verdicts == dict.fromkeys(ADDRESSES, (400, BAD))
    assert logged == []


async def test_a_syntax_error_in_every_position_is_refused_by_every_door(site: Site) -> None:
    query = 'query Q($n: Int = 2) @a { b: agents(first: $n, filter: {name: {in: ["é\\n", """x"""]}}) { ...F } } fragment F on A { id }'
    cut = [query[:end] for end in range(1, len(query))]
    with capture_logs() as logged:
        async with opened(site.app, site.token) as socket:
            for number, text in enumerate(cut):
                odd = Odd(orjson.dumps(text))
                assert code_of(await site.post(odd.body)) == (400, BAD), text
                got = await site.client.get("/graphql", params={"query": text}, headers=site.signed)
                assert code_of(got) == (400, BAD), text
                assert await socket_verdict(socket, number, odd) == BAD, text
        for place in range(len(query)):
            for put in ("", "\\", '"', ")", "\x07", "€"):
                text = query[:place] + put + query[place + 1 :]
                assert code_of(await site.post(Odd(orjson.dumps(text)).body)) == (400, BAD), text
    assert logged == []


NAMES = ("X-Request-Id", "Origin", "Cookie", "Accept", "Host", "X-Workgraph-Explain", "Authorization", "Sec-Fetch-Site")
VALUES = (b"\xff\xfe", b"\xed\xa0\x80", b"%00", b"a" * 8_000, b"\x80=\x80;;=,", b"[", b"]:::1", b";q=;", b"")


async def test_odd_bytes_in_headers_are_refused_or_passed_over(sites: Sites) -> None:
    site = await sites(failure_limit=0)
    with capture_logs() as logged:
        for name in NAMES:
            for value in VALUES:
                headers: dict[str, Any] = {**site.signed, name.lower(): value}
                for response in (
                    await site.client.get("/graphql", params={"query": "{ __typename }"}, headers=headers),
                    await site.client.get("/nothing", headers=headers),
                    await site.client.get("/sign-in", params={"code": "x"}, headers=headers),
                ):
                    assert response.status_code < 500, (name, value)
                    assert response.headers["x-request-id"].isascii()
    assert logged == []
