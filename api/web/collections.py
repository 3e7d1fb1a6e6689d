"""The pages of the collections and of one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.web.assets import file_groups
from api.web.examples import catalogue_examples, collection_examples
from api.web.item import collection_name
from api.web.page_context import PageContext, render_page
from api.web.property_table import value_text
from api.web.related_links import doi_address, doi_of, reference_links, related_links
from api.web.typography import moment_of
from api.web.untrusted_text import safe_address
from catalog_builder.vocab.kinds import KINDS
from catalog_builder.vocab.queryables import QUERYABLES
from catalog_builder.vocab.regions import BY_CODE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from api.web.page_request import PageRequest

_MOST_VALUES: Final = 60
_SEVERAL: Final = 2
_BOX: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One collection in short.

    Attributes:
        identifier: Its id.
        title: In the page's language.
        region: Name of its region, if its items have one in common.
        kind: `product:type` of its items, if they have one in common.
        tracks: Number of its track segments.
        period: From the first to the last acquisition.
    """

    identifier: str
    title: str
    region: str | None
    kind: str | None
    tracks: tuple[str, ...]
    period: str | None
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RegionRow:
    """The collections of a region, by kind."""

    name: str
    of_kind: dict[str, Card]
    tracks: tuple[str, ...]
    period: str | None


def cards_of(documents: Sequence[dict[str, Any]], context: PageContext) -> list[Card]:
    """Collections in short."""
    return [_card(document, context) for document in documents]


def _card(document: dict[str, Any], context: PageContext) -> Card:
    summaries = document.get("summaries") or {}
    return Card(
        identifier=document["id"],
        title=collection_name(document, context) or document["id"],
        region=_region(summaries, context),
        kind=_only(summaries.get("product:type")),
        tracks=tuple(str(track) for track in _listed(summaries.get("flatsim:track"))),
        period=_period(document, context),
        document=document,
    )


def _region(summaries: dict[str, Any], context: PageContext) -> str | None:
    code = _only(summaries.get("grid:code"))
    if code is None:
        return None
    return str(context.domain(BY_CODE[code].title)) if code in BY_CODE else code


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else []


def _only(values: Any) -> str | None:
    return str(values[0]) if isinstance(values, list) and len(values) == 1 else None


def _period(document: dict[str, Any], context: PageContext) -> str | None:
    """The time range of a collection in words."""
    try:
        start, end = document["extent"]["temporal"]["interval"][0]
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    if moment_of(start) is None:
        return None
    if moment_of(end) is None:
        return context.t("period.open", start=context.day(start))
    return context.t("period.closed", start=context.day(start), end=context.day(end))


def regions_of(cards: Sequence[Card]) -> tuple[list[RegionRow], list[Card]]:
    """The collections by region, and those that are of none."""
    kinds = [kind.product_type for kind in KINDS]
    rows: dict[str, dict[str, Card]] = {}
    others = []
    for card in cards:
        if card.region and card.kind in kinds and card.kind not in rows.get(card.region, {}):
            rows.setdefault(card.region, {})[card.kind] = card
        else:
            others.append(card)
    found = []
    for name in sorted(rows):
        of_kind = {kind: rows[name][kind] for kind in kinds if kind in rows[name]}
        first = next(iter(of_kind.values()))
        tracks = tuple(sorted({track for card in of_kind.values() for track in card.tracks}))
        found.append(RegionRow(name, of_kind, tracks, first.period))
    return found, others


async def collections_page(page_request: PageRequest) -> Response:
    """The page of the collections that were asked for."""
    context = PageContext(page_request.request)
    page = await page_request.json()
    return render_page(
        page_request.request,
        "collections.html",
        context=context,
        title=context.t("collections.title"),
        json_href=page_request.json_href,
        browser_path="",
        cards=cards_of(page["collections"], context),
        matched=page["numberMatched"],
        pages={
            link["rel"]: context.page(link["href"])
            for link in page["links"]
            if link["rel"] in ("first", "prev", "next")
        },
        examples=catalogue_examples(context),
    )


async def collection_page(page_request: PageRequest) -> Response:
    """The page of the collection that the address names."""
    context = PageContext(page_request.request)
    document = await page_request.json()
    identifier = document["id"]
    references = reference_links(document.get("links"), context)
    doi = doi_of(document, references)
    return render_page(
        page_request.request,
        "collection.html",
        context=context,
        title=collection_name(document, context) or identifier,
        json_href=page_request.json_href,
        browser_path=f"collections/{identifier}",
        card=_card(document, context),
        collection=document,
        box=box_of(document),
        summaries=_summaries(document, context),
        providers=_providers(document),
        files=file_groups(document.get("assets"), context),
        related=related_links(document.get("links"), context),
        references=references,
        doi=doi,
        doi_href=doi_address(doi),
        examples=collection_examples(context, identifier),
    )


def box_of(document: dict[str, Any]) -> list[float] | None:
    """West, south, east and north of a collection, in degrees."""
    try:
        box = document["extent"]["spatial"]["bbox"][0]
        found = [float(value) for value in (box if len(box) == _BOX else [*box[:2], *box[3:5]])]
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    return found if len(found) == _BOX else None


def _summaries(document: dict[str, Any], context: PageContext) -> list[tuple[str, str]]:
    """What the collection says of the values of its items: labels and values."""
    summaries = document.get("summaries") or {}
    found = []
    for row in QUERYABLES:
        summary = summaries.get(row.name)
        if isinstance(summary, dict) and {"minimum", "maximum"} <= summary.keys():
            low, high = (context.number(summary[end], row.unit) for end in ("minimum", "maximum"))
            found.append((context.label(row.name), context.t("range", low=low, high=high) if low != high else low))
        elif isinstance(summary, list) and summary:
            more = "…" if len(summary) > _MOST_VALUES else ""
            shown = [value_text(row.name, value, context) for value in summary[:_MOST_VALUES]]
            found.append((context.label(row.name), ", ".join([*shown, more] if more else shown)))
    return found


def _providers(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Providers, with addresses that are safe to follow."""
    found = document.get("providers")
    known = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return [
        {
            "name": str(each.get("name") or ""),
            "href": safe_address(each.get("url")),
            "roles": ", ".join(str(role) for role in _listed(each.get("roles"))),
            "description": each.get("description") if isinstance(each.get("description"), str) else None,
        }
        for each in known
    ]
