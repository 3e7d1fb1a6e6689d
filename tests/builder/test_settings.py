"""Settings of the builder: what the documents say of them, and what an empty variable means."""

from pathlib import Path

import pytest

from catalog_builder.settings import BuilderSettings

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.mark.parametrize("name", BuilderSettings.model_fields)
def test_each_setting_has_its_row_in_the_documents(name: str) -> None:
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith(f"| `FLATSIM_{name.upper()}` ")]
    assert any(line.endswith(f"| {BuilderSettings.model_fields[name].description} |") for line in rows)


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLATSIM_SCHEMA_DIR", "")
    monkeypatch.setenv("FLATSIM_PG_BINDIR", "/opt/postgres")
    settings = BuilderSettings()
    assert settings.schema_dir is None
    assert settings.pg_bindir == Path("/opt/postgres")
