"""Settings of the builder: what an empty variable means, and which the command line follows."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from catalog_builder.cli.serve import serve
from catalog_builder.settings import BuilderSettings


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLATSIM_SCHEMA_DIR", "")
    monkeypatch.setenv("FLATSIM_PG_BINDIR", "/opt/postgres")
    settings = BuilderSettings()
    assert settings.schema_dir is None
    assert settings.pg_bindir == Path("/opt/postgres")


def test_the_command_line_follows_the_settings_of_the_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = {"HOST": "0.0.0.0", "PORT": "9123", "DATABASE": "postgresql://reader@host/db", "DATA": f"{tmp_path}"}
    for name, value in given.items():
        monkeypatch.setenv(f"FLATSIM_{name}", value)
    started: list[dict[str, str]] = []
    monkeypatch.setattr(os, "execve", lambda _program, _arguments, environment: started.append(environment))
    assert CliRunner().invoke(serve, []).exit_code == 0
    assert CliRunner().invoke(serve, ["--port", "9124"]).exit_code == 0
    assert {name: started[0][f"FLATSIM_{name}"] for name in given} == given
    assert started[1]["FLATSIM_PORT"] == "9124"
