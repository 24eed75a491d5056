"""Settings of what stands in front: lists have commas between them, and what cannot be meant stops the start."""

from __future__ import annotations

import pytest

from settings import Settings, SettingsError, settings_from_environment


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKGRAPH_CORS_ORIGINS", "https://a.example, http://localhost:3000,")
    monkeypatch.setenv("WORKGRAPH_ALLOWED_HOSTS", "Graph.example.com,[::1]")
    monkeypatch.setenv("WORKGRAPH_TRUSTED_PROXIES", "10.0.0.0/8,::1")
    settings = settings_from_environment()
    assert settings.cors_origins == ("https://a.example", "http://localhost:3000")
    assert (settings.allowed_hosts, settings.trusted_proxies) == (("graph.example.com", "[::1]"), ("10.0.0.0/8", "::1"))
    assert (Settings().batch, Settings(cors_origins="").cors_origins) == (0, ())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CORS_ORIGINS", "https://a.example/"), ("CORS_ORIGINS", "a.example"), ("CORS_ORIGINS", "ftp://a"), ("CORS_ORIGINS", "http://["),
        ("ALLOWED_HOSTS", "graph.example.com:443"), ("ALLOWED_HOSTS", "https://graph"), ("ALLOWED_HOSTS", "*"),
        ("TRUSTED_PROXIES", "proxy"), ("TRUSTED_PROXIES", "*"), ("TRUSTED_PROXIES", "10.0.0.1/8"), ("BODY_BYTES", "0"),
        ("BODY_SECONDS", "0"), ("CONCURRENCY", "0"), ("RATE_LIMIT", "-1"), ("BATCH", "101"), ("REDIS_URL", "memcached://secret"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"WORKGRAPH_{name}", value)
    with pytest.raises(SettingsError, match=f"WORKGRAPH_{name}: ") as told:
        settings_from_environment()
    assert "secret" not in str(told.value)
