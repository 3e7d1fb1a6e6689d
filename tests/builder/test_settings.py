"""Settings of the builder: what an empty variable means."""

from pathlib import Path

import pytest

from catalog_builder.settings import BuilderSettings


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLATSIM_SCHEMA_DIR", "")
    monkeypatch.setenv("FLATSIM_PG_BINDIR", "/opt/postgres")
    settings = BuilderSettings()
    assert settings.schema_dir is None
    assert settings.pg_bindir == Path("/opt/postgres")
