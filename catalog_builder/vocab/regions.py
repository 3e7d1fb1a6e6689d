"""The FLATSIM regions, one row each: codes and English names as CNES lists them (GEODES, October 2025).

The boxes are ours, drawn wide on the map around what the name means: the producer's text states none. They only serve
to find footprints that cannot be right.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from catalog_builder.vocab.citation import (
    CITATION,
    DOI,
    LICENSE,
    LICENSE_URL,
    PROVIDERS,
    ReferenceLink,
    reference_links,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One region of the service."""

    code: str
    """Catalogue code, upper case without separators; also `grid:code`."""
    title: str
    description: str = ""
    """What the region is studied for; one or two sentences, or nothing."""
    bbox: tuple[float, float, float, float] | None = None
    """West, south, east, north in degrees, wide around the region: what lies outside is misplaced. None: anywhere."""

    doi: str = DOI
    citation: str = CITATION
    license: str = LICENSE
    license_url: str = LICENSE_URL
    providers: list[dict[str, Any]] = field(default_factory=lambda: PROVIDERS, hash=False)

    @property
    def reference_links(self) -> tuple[ReferenceLink, ...]:
        """Links of all its documents to the citation and the licence."""
        return reference_links(self.doi, self.license, self.license_url)

    @property
    def slug(self) -> str:
        """Code as it stands in ids."""
        return self.code.lower()


def _region(code: str, title: str, bbox: tuple[float, float, float, float] | None, description: str = "") -> Region:
    return Region(code=code, title=title, bbox=bbox, description=description)


REGIONS: Final = (
    _region("AFAR", "Afar", (35, 3, 49, 20)),
    _region("ANDES", "Central Andes", (-83, -35, -55, 5)),
    _region(
        "BALKANS",
        "Balkans",
        (10, 33, 32, 50),
        "The Balkans are among the most seismic parts of Europe: the collection serves the study of active faults "
        "and earthquakes, and of ground motion caused by resource extraction, water and climate.",
    ),
    _region("CAUCASE", "Caucasus", (34, 34, 56, 49)),
    _region("CHILI", "Central Chile", (-78, -48, -60, -15)),
    _region("CORSE", "Corsica", (5, 38, 14, 46)),
    _region("FRANCE", "France", (-9, 38, 14, 54)),
    _region("INDE", "Joshimath, India", (72, 24, 88, 37)),
    _region("LEVANT", "Levant", (28, 24, 46, 42)),
    _region("MAGHREB", "Maghreb", (-20, 20, 28, 42)),
    _region("MAKRAN", "Makran", (49, 18, 76, 38)),
    _region("MEXIQUE", "Southern Mexico", (-113, 8, -80, 28)),
    _region("MOZAMBIQUE", "Mozambique", (24, -33, 46, -4)),
    _region("OKAVANGO", "Okavango", (12, -30, 34, -8)),
    _region("OZARK", "Ozark", (-105, 28, -82, 44)),
    _region("SHOWCASE", "Showcase", None),
    _region("TARIM", "Tarim", (68, 30, 98, 47)),
    _region("TIANSHAN", "Tian Shan", (62, 34, 100, 52)),
    _region("TIBETHIM", "Himalaya and western Tibet", (66, 20, 106, 44)),
    _region("TURQUIE", "Turkey", (22, 30, 50, 47)),
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
