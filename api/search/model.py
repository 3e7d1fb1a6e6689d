"""What a search asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.request.times import Interval
    from api.search.properties import Property
    from api.search.text_matching import TextMatch


@dataclass(frozen=True, slots=True)
class Condition:
    """A CQL2 expression, and the parameter it came from, which refusals name."""

    parameter: str
    tree: Any


@dataclass(frozen=True, slots=True)
class SortKey:
    """A property to sort by; items without it come last in either direction."""

    property: Property
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """Members of an item, as paths with dots, to give or to leave out; nothing in both is the whole item."""

    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.include or self.exclude)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One search, whatever request it came from.

    Attributes:
        collections: Ids of collections to look in; none means all.
        ids: Ids of items; none means all.
        geometry: What footprints must meet, as the text of a GeoJSON geometry in WGS 84.
        interval: What the time ranges of items must meet, both ends included.
        text: What the words of items must meet.
        conditions: All of them must hold.
        sort: The order; collection and id decide between items that are equal in all of it.
        limit: Items on a page.
        offset: Items before the page; cannot be combined with a token.
        token: The place in the order to go on from, as a former page gave it.
        fields: Which members of the items to give.
    """

    collections: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    geometry: str | None = None
    interval: Interval | None = None
    text: TextMatch | None = None
    conditions: tuple[Condition, ...] = ()
    sort: tuple[SortKey, ...]
    limit: int
    offset: int = 0
    token: str | None = None
    fields: Fields = Fields()
