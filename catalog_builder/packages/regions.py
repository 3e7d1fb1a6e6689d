"""The regions with what the operator's file says of them: its rows complete or replace those of the vocabulary."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from catalog_builder.errors import SettingError
from catalog_builder.packages.extent import HALF_TURN_DEG, width_of
from catalog_builder.settings import BuilderSettings
from catalog_builder.vocab.regions import BY_CODE, Region, catalogue_code
from catalog_builder.vocab.regions import region_of as listed_region

_GIVEN: ContextVar[dict[str, Region] | None] = ContextVar("given_regions", default=None)

Url = Annotated[str, Field(pattern=r"^https?://\S+$")]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]


class ProviderRow(BaseModel):
    """`[[region.providers]]`: a STAC provider."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    roles: Annotated[list[Literal["licensor", "producer", "processor", "host"]], Field(min_length=1)]
    url: Url | None = None
    description: str | None = None


class RegionRow(BaseModel):
    """`[[region]]`: what is not given stays as the vocabulary has it."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
    title: Annotated[str, Field(min_length=1)] | None = None
    description: str | None = None
    bbox: tuple[Longitude, Latitude, Longitude, Latitude] | None = None
    doi: Annotated[str, Field(pattern=r"^10\.\d{4,}/\S+$")] | None = None
    citation: str | None = None
    license: Annotated[str, Field(pattern=r"^[\w.+-]+$")] | None = None
    license_url: Url | None = None
    providers: list[ProviderRow] | None = None

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if (self.license is None) != (self.license_url is None):
            msg = "license and license_url are given together or not at all"
            raise ValueError(msg)
        if self.bbox and not (0 < width_of(self.bbox) < HALF_TURN_DEG and self.bbox[1] < self.bbox[3]):
            msg = "bbox is west, south, east, north; across the antimeridian west is greater than east"
            raise ValueError(msg)
        return self

    def merged(self) -> Region:
        """The region of this row."""
        code = catalogue_code(self.code)
        given = self.model_dump(exclude_none=True, exclude={"code"})
        return replace(BY_CODE.get(code) or listed_region(self.code), **given)


class RegionsFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    region: list[RegionRow]


def region_of(package_code: str) -> Region:
    """The region of a code in a package name: of the operator's file, else of the vocabulary, else a plain one.

    Raises:
        SettingError: the operator's file is missing or wrong.
    """
    code = catalogue_code(package_code)
    return operator_regions().get(code) or listed_region(package_code)


def operator_regions() -> dict[str, Region]:
    """Regions of the operator's file by their code: of the operator for whom this thread works.

    Raises:
        SettingError: the file is missing or wrong.
    """
    rows = _GIVEN.get()
    return _operator_regions() if rows is None else rows


@contextmanager
def given(rows: dict[str, Region]) -> Iterator[None]:
    """Take these rows for those of the operator's file, on a machine that does not have it."""
    token = _GIVEN.set(rows)
    try:
        yield
    finally:
        _GIVEN.reset(token)


@cache
def _operator_regions() -> dict[str, Region]:
    """Read once in each process."""
    path = BuilderSettings().regions
    return read_regions(path) if path else {}


def read_regions(path: Path) -> dict[str, Region]:
    """Regions of a TOML file by their code.

    Raises:
        SettingError: the file cannot be read, is not TOML, or a row of it is wrong.
    """
    try:
        rows = RegionsFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).region
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"FLATSIM_REGIONS: {path}: {error}"
        raise SettingError(msg) from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        msg = f"FLATSIM_REGIONS: {path}: {field}: {first['msg']}"
        raise SettingError(msg) from error
    regions = {}
    for row in rows:
        region = row.merged()
        if region.code in regions:
            msg = f"FLATSIM_REGIONS: {path}: two rows are of {region.code}"
            raise SettingError(msg)
        regions[region.code] = region
    return regions
