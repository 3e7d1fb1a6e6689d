"""The FLATSIM regions, one row each: codes and English names as CNES lists them (GEODES, October 2025)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One region of the service."""

    code: str
    """Catalogue code, upper case without separators; also `grid:code`."""
    title: str
    description: str = ""
    """What the region is studied for; one or two sentences, or nothing."""

    @property
    def slug(self) -> str:
        """Code as it stands in ids."""
        return self.code.lower()


def _region(code: str, title: str, description: str = "") -> Region:
    return Region(code=code, title=title, description=description)


REGIONS: Final = (
    _region("AFAR", "Afar"),
    _region("ANDES", "Central Andes"),
    _region(
        "BALKANS",
        "Balkans",
        "The Balkans are among the most seismic parts of Europe: the collection serves the study of active faults "
        "and earthquakes, and of ground motion caused by resource extraction, water and climate.",
    ),
    _region("CAUCASE", "Caucasus"),
    _region("CHILI", "Central Chile"),
    _region("CORSE", "Corsica"),
    _region("FRANCE", "France"),
    _region("INDE", "Joshimath, India"),
    _region("LEVANT", "Levant"),
    _region("MAGHREB", "Maghreb"),
    _region("MAKRAN", "Makran"),
    _region("MEXIQUE", "Southern Mexico"),
    _region("MOZAMBIQUE", "Mozambique"),
    _region("OKAVANGO", "Okavango"),
    _region("OZARK", "Ozark"),
    _region("SHOWCASE", "Showcase"),
    _region("TARIM", "Tarim"),
    _region("TIANSHAN", "Tian Shan"),
    _region("TIBETHIM", "Himalaya and western Tibet"),
    _region("TURQUIE", "Turkey"),
)
BY_CODE: Final = {region.code: region for region in REGIONS}


def catalogue_code(package_code: str) -> str:
    """Region code of the catalogue from the one in a package name.

    >>> catalogue_code("TIBET-HIM")
    'TIBETHIM'
    """
    return package_code.replace("-", "").replace("_", "").upper()


def region_of(package_code: str) -> Region:
    """The row of a region; a plain one, named by its code, for a region that is not listed yet."""
    code = catalogue_code(package_code)
    return BY_CODE.get(code) or Region(code=code, title=package_code.replace("_", " ").title())
