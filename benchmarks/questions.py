"""What the services are asked."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from benchmarks.traffic import Request

AGGREGATIONS = "total_count,datetime_frequency"
PAGES = (10, 100, 1000, 10_000)
DATES = ("insar:reference_datetime", "insar:secondary_datetime")


def questions(an_item: dict[str, Any]) -> list[Request]:
    """The requests, about places, orbits and dates that the catalogue has.

    Args:
        an_item: One of its pairs.
    """
    pairs, own = an_item["collection"], an_item["properties"]
    west, south, east, north = an_item["bbox"]
    point = [(west + east) / 2, (south + north) / 2]
    middle = own["datetime"]
    orbit = f'"sat:relative_orbit" = {own["sat:relative_orbit"]} AND "sat:orbit_state" = \'{own["sat:orbit_state"]}\''
    spans = " AND ".join(f"\"{name}\" {sign} TIMESTAMP('{middle}')" for name, sign in zip(DATES, "<>", strict=True))
    exact = " AND ".join(f"\"{name}\" = TIMESTAMP('{own[name]}')" for name in DATES)
    baselines = '"insar:temporal_baseline" BETWEEN 6 AND 24 AND "insar:perpendicular_baseline" BETWEEN -5 AND 5'

    def search(**parameters: Any) -> str:
        return f"/search?{urlencode(parameters)}"

    def filtered(text: str, **more: Any) -> str:
        return search(collections=pairs, filter=text, **{"filter-lang": "cql2-text"}, limit=10, **more)

    listed = [Request(f"page of {size}", search(collections=pairs, limit=size), rustac=True) for size in PAGES]
    return [
        *listed,
        Request("page of 10, all collections", search(limit=10), rustac=True),
        Request("item by id", f"/collections/{pairs}/items/{an_item['id']}", rustac=True),
        Request("items by ids", search(ids=an_item["id"])),
        Request("box", search(bbox=f"{point[0]},{point[1]},{point[0] + 0.2},{point[1] + 0.2}", limit=10), rustac=True),
        Request("point", "/search", {"intersects": {"type": "Point", "coordinates": point}, "limit": 10}),
        Request("interval", search(datetime=f"{middle[:10]}T00:00:00Z/{middle[:10]}T23:59:59Z", limit=10), rustac=True),
        Request("orbit and direction", filtered(orbit)),
        Request("orbit and direction, all collections", search(filter=orbit, limit=10, **{"filter-lang": "cql2-text"})),
        Request("pair spans an instant", filtered(spans)),
        Request("exact pair", filtered(exact)),
        Request("baselines", filtered(baselines)),
        Request("sorted by baseline", search(collections=pairs, sortby="insar:perpendicular_baseline", limit=10)),
        Request("free text", search(q=own["flatsim:track"], limit=10), ours_only=True),
        Request(
            "aggregated", f"/aggregate?aggregations=total_count,datetime_frequency&collections={pairs}", ours_only=True
        ),
        Request("/collections", "/collections", rustac=True),
        Request("landing page", "/", rustac=True),
        Request("queryables", "/queryables"),
    ]
