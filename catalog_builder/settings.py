"""Settings of the builder and of the embedded database, read from `FLATSIM_*` variables.

Made where they are needed (`BuilderSettings()`), never at import.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

THUMBNAILS = "thumbnails"
"""Name of the folder."""
_CHECKOUT = Path(__file__).resolve().parent.parent


def _default_home() -> Path:
    """Root's own home is closed to the account PostgreSQL runs under, so root gets a system folder."""
    if os.geteuid() == 0:
        return Path("/var/lib/flatsim-stac")
    return platformdirs.user_data_path("flatsim-stac")


class BuilderSettings(BaseSettings):
    """What the builder and the database commands read from the environment."""

    model_config = SettingsConfigDict(env_prefix="FLATSIM_", env_ignore_empty=True, extra="ignore")

    home: Path = Field(
        default_factory=_default_home,
        description="Folder of the embedded database",
        json_schema_extra={"default": "`/var/lib/flatsim-stac` for root, else the user's data folder"},
    )
    thumbnails: Path | None = Field(
        default=None,
        description="Folder of the thumbnails of what is in a database; one for each database",
        json_schema_extra={"default": "`thumbnails` in `FLATSIM_HOME`"},
    )
    pg_bindir: Path | None = Field(
        default=None, description="Folder of the PostgreSQL programs; without it the newest with PostGIS is taken"
    )
    schema_dir: Path | None = Field(
        default=None, description="Folder of JSON Schemas by URI without scheme; validation is then offline"
    )
    regions: Path | None = Field(
        default=None, description="TOML file of regions, beside or instead of the built-in rows"
    )
    migrations_dir: Path = Field(default=_CHECKOUT / "migrations", description="Folder of the SQL migrations")

    @property
    def thumbnail_folder(self) -> Path:
        """Where thumbnails of what is in a database are kept, absolute."""
        return (self.thumbnails or self.home / THUMBNAILS).resolve()
