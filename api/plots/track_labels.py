"""What one answer about tracks shows, with the addresses and the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from api.plots.words import count, figure_text

if TYPE_CHECKING:
    from api.http.page_negotiation import Language
    from api.plots.tracks import Track


@dataclass(frozen=True, slots=True)
class TrackView:
    """What one answer shows.

    Attributes:
        what: Last part of its address, and name of the figure: `coverage` or `acquisitions`.
        collection: Whose tracks; None for all.
        title: Of that collection, or of the catalogue.
        tracks: In order.
        base_url: Address of the landing page.
    """

    what: str
    collection: str | None
    title: str
    tracks: tuple[Track, ...]
    base_url: str

    @property
    def path(self) -> str:
        """Of its address, below the landing page."""
        return f"collections/{self.collection}/{self.what}" if self.collection else self.what

    def search(self, track: Track) -> str:
        """Address of a search of a track's items."""
        parameters = {
            "collections": self.collection,
            "flatsim:region": track.region or None,
            "flatsim:track": track.name,
        }
        query = {name: value for name, value in parameters.items() if value is not None}
        return f"{self.base_url}search?{urlencode(query, safe=':')}"


def track_words(track: Track, language: Language) -> str:
    """A track in words."""
    parts = [figure_text("track", language, name=track.name)]
    if track.orbit_state in ("ascending", "descending"):
        parts.append(figure_text(track.orbit_state, language))
    if track.n_pairs:
        parts.append(count("pairs", language, track.n_pairs))
    if track.n_series:
        parts.append(count("series", language, track.n_series))
    if not track.n_pairs and not track.n_series:
        parts.append(count("items", language, track.n_items))
    if track.days:
        parts.append(count("dates", language, len(track.days)))
    parts.append(f"{track.first} – {track.last}")  # noqa: RUF001 -- a dash of ranges is meant
    return ", ".join(parts)
