"""Links of items and collections other than those a store adds itself (self, root, parent, collection, items). Pure."""

from __future__ import annotations

from collections.abc import Iterable

import pystac

from catalog_builder.packages.model import PackageName, Track
from catalog_builder.packages.names import sibling_id
from catalog_builder.stac.layout import Layout
from catalog_builder.vocab.citation import ABOUT_LINK, REFERENCE_LINKS, ReferenceLink
from catalog_builder.vocab.collections import collection_id, collection_title
from catalog_builder.vocab.kinds import AUXILIARYDATA, INTERFEROGRAM, KINDS, TIMESERIES, Kind
from catalog_builder.vocab.regions import Region

GEOJSON = "application/geo+json"
JSON = "application/json"


def item_links(name: PackageName, track: Track, layout: Layout) -> list[pystac.Link]:
    """To the sibling items of the track, what a series was made from, and the citation."""
    return [*_siblings(name, track, layout), *_origin(name, layout), *_references(name.region.reference_links)]


def _siblings(name: PackageName, track: Track, layout: Layout) -> list[pystac.Link]:
    links = []
    for kind, there in ((TIMESERIES, track.has_series), (AUXILIARYDATA, track.has_auxiliary)):
        if there and kind is not name.kind:
            href = layout.item(collection_id(name.region.slug, kind), sibling_id(name.key, kind))
            links.append(_link("related", href, GEOJSON, f"{kind.item_title.capitalize()} of {name.track}"))
    if name.kind is AUXILIARYDATA:
        href = layout.collection(collection_id(name.region.slug, INTERFEROGRAM))
        links.append(_link("related", href, JSON, f"Interferograms of {name.region.title}"))
    return links


def _origin(name: PackageName, layout: Layout) -> list[pystac.Link]:
    if name.kind is not TIMESERIES:
        return []
    pairs = collection_id(name.region.slug, INTERFEROGRAM)
    links = [_link("derived_from", layout.collection(pairs), JSON, "Interferograms inverted to make this time series")]
    search = layout.search(pairs, used_pairs_filter(name))
    if search:
        links.append(
            _link("related", search, GEOJSON, f"Interferograms of {name.track} kept in the inversion (search)")
        )
    return links


def used_pairs_filter(name: PackageName) -> str:
    """CQL2 text that finds the pairs of a series. Parts of names hold no quotes by their grammar."""
    terms = [
        f"\"flatsim:region\" = '{name.region.slug}'",
        f"\"flatsim:track\" = '{name.track}'",
        f"\"flatsim:campaign\" = '{name.campaign[0]}-{name.campaign[1]}'",
        '"flatsim:run" IS NULL' if name.run is None else f'"flatsim:run" = {name.run}',
        '"flatsim:used_in_timeseries" = TRUE',
    ]
    return " AND ".join(terms)


def collection_links(region: Region, kind: Kind, layout: Layout) -> list[pystac.Link]:
    """To the two other collections of the region, the product description and the citation."""
    siblings = [
        _link("related", layout.collection(collection_id(region.slug, other)), JSON, collection_title(region, other))
        for other in KINDS
        if other is not kind
    ]
    return [*siblings, *_references((ABOUT_LINK, *region.reference_links))]


def root_links() -> list[pystac.Link]:
    """Product description and citation, for the root catalogue."""
    return _references((ABOUT_LINK, *REFERENCE_LINKS))


def _references(rows: Iterable[ReferenceLink]) -> list[pystac.Link]:
    return [_link(row.rel, row.href, row.type, row.title) for row in rows]


def _link(rel: str, href: str, media_type: str, title: str) -> pystac.Link:
    return pystac.Link(rel=rel, target=href, media_type=media_type, title=title)
