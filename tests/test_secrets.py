"""rest/secrets.py: what must never be stored is taken out, and nothing else."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rest.secrets import BLANK, SECRET_ENDINGS, is_suspicious, redacted, without_secrets

SECRET = "hunter2-xyzzy-0001"  # nothing in it looks like a secret


def cleaned(value: Any) -> Any:
    """As records.py cleans a body: only where the text looks like it."""
    return without_secrets(value) if is_suspicious(orjson.dumps(value)) else value


SPELLINGS = (
    "vnc_password", "vncPassword", "VNC-Password", "password", "pass_word", "Passwd", "passphrase", "pass_phrase",
    "secret", "client_secret", "clientSecret", "webhookSecret", "signing_key", "signing-secret", "token",
    "access_token", "accessToken", "refresh_token", "id_token", "session-token", "vaiToken", "bearer_token",
    "api_key", "apiKey", "API-Key", "api key", "secretAccessKey", "access_key", "private_key", "privateKey",
    "Authorization", "cookie", "Cookies", "Set-Cookie", "credentials", "credential_value", "token_secret",
)  # fmt: skip


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_field_named_like_a_secret_is_removed_at_every_depth(name: str) -> None:
    document = {
        "id": "1",
        name: SECRET,
        "a": [{"b": {name: SECRET, "kept": 1}}],
        "nested": {name: [SECRET, {"x": SECRET}]},
    }

    assert cleaned(document) == {"id": "1", "a": [{"b": {"kept": 1}}], "nested": {}}


@pytest.mark.parametrize("name", SECRET_ENDINGS)
def test_every_secret_name_is_noticed_and_removed(name: str) -> None:
    assert cleaned({name: SECRET}) == {}
    assert cleaned({name.upper(): {"deep": SECRET}}) == {}


ORDINARY: tuple[dict[str, Any], ...] = (
    {"inputTokens": 12, "outputTokens": 3, "cachedInputTokens": 0, "cacheWriteTokens": 1, "totalCost": "0.20"},
    {"credential_name": "anthropic-eu", "max_context_tokens": 200_000},
    {"integration_credentials": [{"provider": "slack", "status": "connected", "account": "northwind"}]},
    {"tokenizer": "cl100k", "tokenCount": 4, "secretary": "Maya", "passenger": "Jonas", "keyword": "late"},
    {"key": "order_id", "rowIdColumn": "key", "keys": ["a"], "publicKey": "ssh-ed25519 AAAA", "cookiePolicy": "strict"},
    {"token": True, "password": None, "secret": 0, "tokens": 12.5},
    {"title": "How to reset a password", "content": "The token bucket; Bearer of bad news; key=value"},
    {"url": "https://www.orgo.ai/workspaces/1?tab=files&page=2", "connection_url": "https://orgo.ai:8443/d/1@2"},
)


@pytest.mark.parametrize("document", ORDINARY, ids=lambda document: next(iter(document)))
def test_ordinary_fields_survive_as_they_are(document: dict[str, Any]) -> None:
    assert cleaned(copy.deepcopy(document)) == document
    assert without_secrets(document) == document


TEXTS = {
    "bearer": (f"curl -H 'Authorization: Bearer {SECRET}' /x", f"curl -H 'Authorization: Bearer {BLANK}' /x"),
    "stripe key": ("use sk_live_example0000000000000000 here", f"use {BLANK} here"),
    "slack token": ("xoxb-example-not-real", BLANK),
    "query": (f"https://a.example/x?page=1&token={SECRET}", f"https://a.example/x?page=1&token={BLANK}"),
    "signature": (f"https://a.example/x?signature={SECRET}#top", f"https://a.example/x?signature={BLANK}#top"),
    "user and password": ("postgresql://maya:pw1@db/x", f"postgresql://{BLANK}@db/x"),
    "two of them": ("sk_test_aaaaaaaaaaaa rk_live_bbbbbbbbbbbb", f"{BLANK} {BLANK}"),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_a_secret_inside_a_text_is_blanked(text: str, expected: str) -> None:
    assert redacted(text) == expected
    assert cleaned({"content": [text]}) == {"content": [expected]}


@pytest.mark.parametrize(
    "name", ["access_token", "bot_token_v2", "app_secret_1", "oauth_credential", "my_api_key", "session_cookie"]
)
def test_in_the_list_of_integrations_a_name_need_only_contain_the_word(name: str) -> None:
    listed = {"integration_credentials": [{"provider": "slack", name: SECRET, "more": {name: SECRET, "n": 1}}]}

    assert cleaned(listed) == {"integration_credentials": [{"provider": "slack", "more": {"n": 1}}]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("abc ", max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("a", "b", "inputTokens")), inner, max_size=3)
    ),
)


@given(JSON, st.sampled_from(SPELLINGS), st.text("abc", min_size=1), st.data())
def test_no_secret_survives_wherever_it_stands(value: Any, name: str, tail: str, data: st.DataObject) -> None:
    before = orjson.dumps(value)
    secret = SECRET + tail

    def with_secret(inner: Any) -> Any:
        if isinstance(inner, dict):
            return {**{key: with_secret(item) for key, item in inner.items()}, name: secret}
        if isinstance(inner, list):
            return [with_secret(item) for item in inner]
        return data.draw(st.sampled_from((inner, f"Bearer {secret}")))

    answer = orjson.dumps(cleaned({"root": with_secret(value), name: secret}))

    assert secret.encode() not in answer
    assert orjson.dumps(cleaned(value)) == before


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "AKIAIOSFODNN7EXAMPLE",
    ],
)
def test_a_well_known_kind_of_token_inside_a_text_is_blanked(secret: str) -> None:
    said = {"content": f"use {secret} for it"}
    assert is_suspicious(orjson.dumps(said))
    assert without_secrets(said) == {"content": f"use {BLANK} for it"}


@pytest.mark.parametrize(
    "name", ["openai_api_key", "db_password", "github_token", "X-Api-Key", "aws_secret_access_key"]
)
def test_a_field_whose_name_ends_like_a_secrets_goes_wherever_it_stands(name: str) -> None:
    said = {"config": {name: "a value", "model": "m"}}
    assert is_suspicious(orjson.dumps(said))
    assert without_secrets(said) == {"config": {"model": "m"}}


@pytest.mark.parametrize("name", ["nextPageToken", "inputTokens", "tokenCount", "keyboard", "credential_name"])
def test_a_name_that_only_resembles_a_secrets_stays(name: str) -> None:
    assert without_secrets({name: "a value"}) == {name: "a value"}


@pytest.mark.parametrize(
    "secret", ["sk-proj-abcdefghijklmnop1234", "ASIAIOSFODNN7EXAMPLE", "Basic dXNlcjpwYXNzd29yZDEyMw=="]
)
def test_keys_of_other_services_inside_a_text_are_blanked(secret: str) -> None:
    assert is_suspicious(orjson.dumps(secret))
    assert secret.rpartition(" ")[2] not in redacted(f"with {secret} it works")


def test_a_sentence_about_basics_stays() -> None:
    assert redacted("Basic responsibilities of the basic authentication team") == (
        "Basic responsibilities of the basic authentication team"
    )
