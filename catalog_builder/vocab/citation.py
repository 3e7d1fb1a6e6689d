"""Who made the data, how to cite it, under which licence: the data set's DOI page and DataCite record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

DOI: Final = "10.24400/253171/FLATSIM2020"
CITATION: Final = f"ForM@Ter (2020): FLATSIM Data Products. CNES. (Dataset). doi:{DOI}"
PUBLICATIONS: Final[list[dict[str, str]]] = [
    {
        "doi": "10.3390/rs13183734",
        "citation": (
            "Thollard et al. (2021): FLATSIM: The ForM@Ter LArge-Scale Multi-Temporal Sentinel-1 InterferoMetry "
            "Service. Remote Sensing 13(18), 3734"
        ),
    }
]
LICENSE: Final = "CC-BY-NC-4.0"
LICENSE_URL: Final = "https://creativecommons.org/licenses/by-nc/4.0/"
PROVIDERS: Final[list[dict[str, Any]]] = [
    {
        "name": "ESA / Copernicus",
        "description": "Sentinel-1 SLC data",
        "roles": ["producer", "licensor"],
        "url": "https://www.copernicus.eu/",
    },
    {"name": "ForM@Ter (Data Terra)", "roles": ["licensor"], "url": "https://www.poleterresolide.fr/"},
    {
        "name": "CNES",
        "description": "FLATSIM service: NSBAS processing and hosting",
        "roles": ["processor", "host"],
        "url": "https://flatsim.cnes.fr/",
    },
]
PROCESSING_FACILITY: Final = "CNES"


@dataclass(frozen=True, slots=True)
class ReferenceLink:
    """A link that every document of the catalogue carries."""

    rel: str
    href: str
    title: str
    type: str = "text/html"


def reference_links(doi: str, licence: str, license_url: str) -> tuple[ReferenceLink, ...]:
    """Links to the DOI, its DataCite record and the licence."""
    return (
        ReferenceLink("cite-as", f"https://doi.org/{doi}", "FLATSIM Data Products (dataset DOI)"),
        ReferenceLink("via", f"https://commons.datacite.org/doi.org/{doi.lower()}", "DataCite record"),
        ReferenceLink("license", license_url, "CC BY-NC 4.0" if licence == LICENSE else licence),
    )


REFERENCE_LINKS: Final = reference_links(DOI, LICENSE, LICENSE_URL)
ABOUT_LINK: Final = ReferenceLink("about", "https://formater.pages.in2p3.fr/flatsim/", "Product description")
