"""The requests of a new recording: documents, bad requests, random searches, every address in all its forms."""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode, urlsplit

import httpx2 as httpx

from .requests import WitnessRequest, drop_duplicates, post, read_requests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

CHECKOUT: Final = Path(__file__).resolve().parents[3]
ADDRESS: Final = "http://127.0.0.1:8080"
N_RANDOM: Final = 160
RANDOM_PAGES: Final = 4
HTML: Final = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"}
FRENCH: Final = {**HTML, "Accept-Language": "fr-FR,fr;q=0.9"}
PORTAL_SORT: Final = [{"direction": "desc", "field": "start_datetime"}]
AREA: Final = {"type": "Polygon", "coordinates": [[[19, 37], [25, 37], [25, 42], [19, 42], [19, 37]]]}


def make_requests(
    catalogue: dict[str, list[str]], linked: list[str], tree: Path, captured: Path | None
) -> list[WitnessRequest]:
    """All requests of a new recording.

    Args:
        catalogue: Ids of the items of each collection, as the service lists them.
        linked: Addresses of files that answers link to: thumbnails, style sheets, scripts.
        tree: The product tree that is served under `/data/`.
        captured: Requests that `capture` wrote, if any.
    """
    for folder in ("tests/support", "scripts/lib"):
        sys.path.insert(0, str(CHECKOUT / folder))
    return drop_duplicates(
        [
            *_document_requests(), *_bad_requests(), *_random_searches(), *_portal_requests(),
            *_catalogue_requests(catalogue), *_search_requests(), *_page_requests(catalogue),
            *_plot_requests(catalogue), *_export_requests(), *_aggregation_requests(catalogue),
            *_file_requests(tree), *(get("files", path_of(address)) for address in linked),
            *_protocol_requests(catalogue),
            *(read_requests(captured) if captured else ()),
        ]
    )  # fmt: skip


def import_file(path: Path) -> ModuleType:
    """A module of the tests that lies in no package."""
    spec = importlib.util.spec_from_file_location(f"witness_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def get(kind: str, path: str, params: dict[str, Any] | None = None, pages: int = 0, **headers: str) -> WitnessRequest:
    """A GET; parameters that are no text are sent as JSON, headers have underscores for hyphens."""
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in (params or {}).items()}
    target = f"{path}?{urlencode(texts, quote_via=quote)}" if texts else path
    return WitnessRequest(
        kind, "GET", target, None, {name.replace("_", "-"): text for name, text in headers.items()}, pages
    )


def _document_requests() -> Iterator[WitnessRequest]:
    """What `curl` sends in the blocks of the documents, the filters in CQL2, and every other address of the service."""
    from blocks import documents, read  # noqa: PLC0415 -- on the path only now

    for document in documents():
        for block in read(document):
            if block.language == "cql2":
                body = {"filter": block.code, "filter-lang": "cql2-text", "limit": 1000}
                yield post("docs", "/search", body)
            if block.language == "bash":
                yield from _read_curl(block.code)
        for address in re.findall(rf"{ADDRESS}(/[^\s'\"`<>)\\]*)", document.read_text()):
            if "{" not in address:
                yield get("docs", quote(address.rstrip(":.").replace("&amp;", "&"), safe="/?&=%:,.+-~()"))


def _read_curl(code: str) -> Iterator[WitnessRequest]:
    for command in re.split(r"\n(?=curl )", code.replace("\\\n", " ")):
        if command.startswith("curl ") and ADDRESS in command:
            words = shlex.split(command, comments=True)[1:]
            yield _parse_curl([*itertools.takewhile(lambda word: word not in {"|", ">"}, words)])


def _escape_value(pair: str) -> str:
    name, _, value = pair.partition("=")
    return f"{name}={quote(value)}"


def _parse_curl(words: list[str]) -> WitnessRequest:
    parser = argparse.ArgumentParser(prog="curl", add_help=False)
    parser.add_argument("address")
    parser.add_argument("-G", dest="in_query", action="store_true")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-o", dest="file")
    parser.add_argument("-d", dest="data", action="append", default=[])
    parser.add_argument("--data-urlencode", dest="data", action="append", type=_escape_value)
    options = parser.parse_args(words)
    target = options.address.removeprefix(ADDRESS) or "/"
    headers = {name: value.strip() for name, _, value in (header.partition(":") for header in options.headers)}
    if options.data and not options.in_query:
        return WitnessRequest("docs", "POST", target, "&".join(options.data), headers)
    query = quote("&".join(options.data), safe="=&%:/,.+-'()")
    return WitnessRequest("docs", "GET", f"{target}?{query}" if query else target, None, headers)


def _bad_requests() -> Iterator[WitnessRequest]:
    for row in import_file(CHECKOUT / "tests/service/test_bad_requests.py").CORPUS:
        headers = {"Origin": "https://portal.example.org"} | ({"Content-Type": "application/json"} if row.body else {})
        asked = httpx.Request(row.method, f"{ADDRESS}{row.path}", params=row.parameters or None)
        yield WitnessRequest("bad", row.method, asked.url.raw_path.decode(), row.body, headers)


def _random_searches() -> Iterator[WitnessRequest]:
    """Half of them as they are posted, half as addresses."""
    from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: PLC0415
    from oracle import in_words  # noqa: PLC0415
    from random_searches import SEARCHES  # noqa: PLC0415

    searches: list[dict[str, Any]] = []

    @seed(11)
    @settings(
        max_examples=3 * N_RANDOM, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(search=SEARCHES)
    def collect(search: dict[str, Any]) -> None:
        searches.append({**search, "q": in_words(search["q"])} if "q" in search else search)

    collect()
    unique = list({json.dumps(search, sort_keys=True): search for search in searches}.values())
    for number, search in enumerate(unique[-N_RANDOM:]):  # the first ones are the simplest
        yield _as_get(search) if number % 2 else post("random", "/search", _with_fields(search, number), RANDOM_PAGES)


def _with_fields(search: dict[str, Any], number: int) -> dict[str, Any]:
    fields = [None, {"include": ["id", "properties.datetime"]}, {"exclude": ["assets", "links"]}]
    return search | ({"fields": chosen} if (chosen := fields[number // 2 % 3]) else {})


def _as_get(search: dict[str, Any]) -> WitnessRequest:
    params = dict(search)
    for name in ("collections", "ids", "bbox"):
        if name in params:
            params[name] = ",".join(map(str, params[name]))
    if "sortby" in params:
        signs = {"asc": "+", "desc": "-"}
        params["sortby"] = ",".join(signs[key["direction"]] + key["field"] for key in params["sortby"])
    if "filter" in params:
        params |= {"filter-lang": "cql2-json", "filter": json.dumps(params["filter"])}
    return get("random", "/search", params, RANDOM_PAGES)


def _portal_requests() -> Iterator[WitnessRequest]:
    """FORM@TER, pyGeodes and EODAG, as `test_portals` has them; its other requests come from `capture`."""
    default: dict[str, Any] = {"page": 1, "limit": 24, "query": {}, "sortBy": PORTAL_SORT}
    facets: dict[str, Any] = {
        "end_datetime": {"gte": "2015-11-01T00:00:00.000Z"},
        "start_datetime": {"lte": "2015-12-31T23:59:59.000Z"},
        "product:type": {"in": ["INTERFEROGRAM", "TIMESERIE", "AUXILIARYDATA"]},
        "grid:code": {"in": ["BALKANS"]},
    }
    for number in range(1, 8):
        yield post("portals", "/search", {**default, "limit": 10, "page": number})
        yield post("portals", "/search", {"sortBy": PORTAL_SORT, "limit": 10, "page": str(number)})
    yield post("portals", "/search", default)
    yield post("portals", "/search", {**default, "bbox": [19.0, 37.0, 24.5, 41.5], "query": facets})
    both: dict[str, Any] = {"product:type": {"eq": "TIMESERIE"}, "product_type": {"in": ["TIMESERIE"]}}
    yield post("portals", "/search", {**default, "query": both})
    yield post("portals", "/search", {**default, "limit": None, "page": None})
    nothing = dict.fromkeys(("sortBy", "bbox", "intersects", "collections"))
    for query in ({}, None, {"identifier": {"contains": "TS-PKG"}}, {"sat:relative_orbit": {"gte": 100, "lte": 175}}):
        yield post("portals", "/search", {**nothing, "page": 1, "limit": 80, "query": query})
    eodag: dict[str, Any] = {
        "query": {
            "product:type": {"eq": "TIMESERIE"},
            "instrument": {"eq": "SAR-C"},
            "grid:code": {"contains": "BALK"},
        },
        "intersects": AREA,
        "sortBy": [{"field": "start_datetime", "direction": "dsc"}, {"field": "identifier", "direction": "asc"}],
        "limit": 20,
        "page": "1",
    }
    yield post("portals", "/search", eodag)
    for operator, value in (("eq", "80"), ("in", ["80", 175]), ("neq", 80), ("lt", "100"), ("startsWith", 8)):
        condition = {"sat:relative_orbit": {operator: value}}
        yield post("portals", "/search", {"query": condition})
        yield get("portals", "/search", {"query": condition, "sortBy": "-start_datetime", "page": "2", "limit": "5"})
    yield WitnessRequest(
        "portals", "OPTIONS", "/search", None,
        {"Origin": "https://catalog.formater", "Access-Control-Request-Method": "POST",
         "Access-Control-Request-Headers": "authorization,content-type"},
    )  # fmt: skip


def _chosen(catalogue: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """First and last item of each collection."""
    for collection, ids in catalogue.items():
        yield from ((collection, name) for name in dict.fromkeys([*ids[:1], *ids[-1:]]))


def _collection_path(name: str) -> str:
    return f"/collections/{quote(name, safe='')}"


def _item_path(collection: str, name: str) -> str:
    return f"{_collection_path(collection)}/items/{quote(name, safe='')}"


def _catalogue_requests(catalogue: dict[str, list[str]]) -> Iterator[WitnessRequest]:
    for path in ("/", "/conformance", "/collections", "/queryables", "/sortables", "/aggregations", "/api", "/api.html",
                 "/collections-queryables", "/collections-sortables", "/_mgmt/ping", "/_mgmt/health"):  # fmt: skip
        yield get("catalogue", path)
    for params in ({"q": "interferogram"}, {"bbox": "19,37,25,42"}, {"datetime": "2015/.."}, {"limit": "2"},
                   {"sortby": "-title"}, {"fields": "id,title"}, {"filter": "title LIKE '%series%'"},
                   {"q": "time series", "limit": "1"}, {"sortby": "id", "limit": "3", "fields": "-links"}):  # fmt: skip
        yield get("collections", "/collections", params, 3)
    for collection in catalogue:
        path = _collection_path(collection)
        for end in ("", "/items", "/queryables", "/sortables", "/aggregations"):
            yield get("catalogue", f"{path}{end}")
        yield get("catalogue", f"{path}/items", {"limit": "7", "sortby": "-datetime"}, 3)
        yield get("catalogue", f"{path}/items", {"limit": "3", "datetime": "2015-06/2016", "bbox": "-20,-20,40,60"}, 2)
    for collection, ids in catalogue.items():
        for name in ids if collection.startswith("foreign") else ids[:3] + ids[-1:]:
            yield get("items", _item_path(collection, name))
    yield get("items", "/collections/nothing/items/nothing")
    yield get("items", f"{_collection_path(next(iter(catalogue)))}/items/nothing")


def _search_requests() -> Iterator[WitnessRequest]:
    """Each parameter by itself and with others; deep pages both ways."""
    whole: list[dict[str, Any]] = [
        {}, {"limit": "1"}, {"limit": "0"}, {"limit": "10000"}, {"limit": "20000"}, {"limit": "17", "sortby": "id"},
        {"limit": "40", "sortby": "-datetime"}, {"limit": "30", "sortby": "flatsim:coherence_mean,-id"},
        {"limit": "25", "sortby": "-insar:perpendicular_baseline"}, {"limit": "25", "sortby": "collection,title"},
        {"limit": "9", "fields": "id"}, {"limit": "9", "fields": "-assets,-links"},
        {"limit": "9", "fields": "id,properties.sat:orbit_state,assets.inu_geo.href"},
        {"q": "balkans D080", "limit": "9"},
        {"q": "interférogrammes"}, {"q": "marzipan OR Réseau"}, {"q": "NOT etna", "limit": "20"},
        {"bbox": "20,38,21,39", "limit": "10"}, {"bbox": "170,-20,-170,20"}, {"bbox": "20,38,-5,21,39,5"},
        {"intersects": AREA, "limit": "10"}, {"intersects": {"type": "Point", "coordinates": [20.6, 38.7]}},
        {"datetime": "2015", "limit": "10"}, {"datetime": "2015-11-17", "limit": "10"},
        {"datetime": "../2015-06-01T00:00:00Z", "limit": "10"}, {"sat:orbit_state": "descending", "limit": "20"},
        {"insar:temporal_baseline": "../24", "sortby": "-insar:temporal_baseline", "limit": "20"},
        {"filter": "\"sat:relative_orbit\" IN (80, 175) AND \"flatsim:used_in_timeseries\" = TRUE", "limit": "15"},
        {"filter": "S_INTERSECTS(geometry, BBOX(20, 38, 21, 39)) AND T_AFTER(datetime, DATE('2016-01-01'))"},
        {"filter": "CASEI(title) LIKE CASEI('%d080%') OR \"flatsim:coherence_mean\" IS NULL", "limit": "15"},
        {"page": "3", "limit": "8"}, {"page": "100", "limit": "8"},
    ]  # fmt: skip
    for params in whole:
        yield get("search", "/search", params, 6 if "sortby" in params else 2)
        body = {name: _posted(name, value) for name, value in params.items() if ":" not in name}
        yield post("search", "/search", body, 2)


def _posted(name: str, value: Any) -> Any:
    """A parameter of an address as the body of a POST has it."""
    if name in {"limit", "page"}:
        return int(value)
    if name == "bbox":
        return [float(number) for number in value.split(",")]
    if name == "sortby":
        directions = {True: "desc", False: "asc"}
        return [{"field": key.lstrip("-"), "direction": directions[key[0] == "-"]} for key in value.split(",")]
    if name == "fields":
        names = value.split(",")
        return {"exclude": [name[1:] for name in names]} if value[0] == "-" else {"include": names}
    return value


def _page_requests(catalogue: dict[str, list[str]]) -> Iterator[WitnessRequest]:
    """Pages for people, in both languages, by header and by parameter."""
    searches = (
        "/search", "/search?limit=5&sortby=-datetime", "/search?sat:orbit_state=descending&limit=10",
        "/search?q=nowhere", "/search?bbox=20,38,21,39&limit=3&page=2", "/search?bbox=1,2,3", "/search?nope=1",
        "/search?insar:temporal_baseline=../24&flatsim:coherence_mean=0.5/..&limit=4",
        "/search?filter=%22sat:relative_orbit%22=80&limit=4", "/nothing", "/collections/nothing",
        "/collections?q=series", "/coverage",
    )  # fmt: skip
    paths = ["/", "/collections", *searches]
    for collection in catalogue:
        paths += [_collection_path(collection), f"{_collection_path(collection)}/items?limit=6",
                  f"{_collection_path(collection)}/acquisitions",
                  f"{_collection_path(collection)}/coverage"]  # fmt: skip
    paths += [_item_path(*pair) for pair in _chosen(catalogue)]
    for path in paths:
        for headers in (HTML, FRENCH):
            yield WitnessRequest("pages", "GET", path, None, headers)
        yield get("pages", f"{path}{'&' if '?' in path else '?'}f=html&lang=fr")
    yield get("pages", "/?f=xml")
    yield get("pages", "/?f=html&lang=de")
    yield get("pages", "/?f=json")


def _plot_requests(catalogue: dict[str, list[str]]) -> Iterator[WitnessRequest]:
    paths = ["/coverage"]
    for collection, ids in catalogue.items():
        path = _collection_path(collection)
        paths += [f"{path}/coverage", f"{path}/acquisitions"]
        paths += [f"{_item_path(collection, name)}/network" for name in ids[:2] if "timeseries" in collection]
    paths.append(f"{_item_path(*next(_chosen(catalogue)))}/network")
    yield get("plots", "/coverage?f=png")
    for path in paths:
        for form in ("svg", "csv", "json", "html", "svg&lang=fr"):
            yield get("plots", f"{path}?f={form}")
        yield get("plots", path, Accept="image/svg+xml")
        yield get("plots", path, Accept="text/csv")


def _export_requests() -> Iterator[WitnessRequest]:
    paths = ("/search?", "/search?collections=flatsim-balkans-interferogram&sortby=-flatsim:coherence_mean&",
             "/search?fields=id,properties.datetime,geometry&limit=5&", "/search?bbox=20,38,21,39&q=D080&",
             "/collections/flatsim-balkans-timeseries/items?", "/search?page=2&limit=20&")  # fmt: skip
    for path in paths:
        for form in ("csv", "ndjson", "jsonl", "geojsonseq", "geojson", "json", "parquet"):
            yield get("exports", f"{path}f={form}")
    for accept in ("text/csv", "application/x-ndjson", "application/geo+json-seq", "application/ndjson"):
        yield get("exports", "/search?sat:relative_orbit=80", Accept=accept)
        asked = {"collections": ["flatsim-balkans-interferogram"], "sortby": [{"field": "id", "direction": "desc"}]}
        yield WitnessRequest(
            "exports", "POST", "/search", json.dumps(asked), {"Content-Type": "application/json", "Accept": accept}
        )


def _aggregation_requests(catalogue: dict[str, list[str]]) -> Iterator[WitnessRequest]:
    """Each aggregation alone, filtered and posted; several at once over all and over each collection."""
    names = [
        "total_count", "datetime_min", "datetime_max", "start_datetime_min", "end_datetime_max", "collection_frequency",
        "product_type_frequency", "region_frequency", "grid_code_frequency", "track_frequency", "campaign_frequency",
        "relative_orbit_frequency", "orbit_state_frequency", "platform_frequency", "used_in_timeseries_frequency",
        "datetime_frequency", "reference_datetime_frequency", "secondary_datetime_frequency",
        "temporal_baseline_frequency", "perpendicular_baseline_frequency", "coherence_mean_frequency",
        "unwrapped_fraction_frequency", "centroid_geohash_grid_frequency", "centroid_geotile_grid_frequency",
        "geometry_geohash_grid_frequency", "geometry_geotile_grid_frequency", "nothing_frequency",
    ]  # fmt: skip
    for name in names:
        yield get("aggregations", "/aggregate", {"aggregations": name})
        yield get("aggregations", "/aggregate", {"aggregations": name, "sat:orbit_state": "descending"})
        yield post("aggregations", "/aggregate", {"aggregations": [name], "bbox": [19, 37, 25, 42], "datetime": "2015"})
    joined = "total_count,datetime_min,datetime_max,datetime_frequency,centroid_geohash_grid_frequency"
    several = {"aggregations": joined,
               "centroid_geohash_grid_frequency_precision": "3", "datetime_frequency_interval": "month"}  # fmt: skip
    for path in ("", *map(_collection_path, catalogue)):
        yield get("aggregations", f"{path}/aggregate", several)
        yield get("aggregations", f"{path}/aggregate", {"aggregations": "total_count", "q": "D080 OR etna"})
    filtered = {"aggregations": ["total_count", "track_frequency"],
                "filter": {"op": "<=", "args": [{"property": "insar:temporal_baseline"}, 48]}}  # fmt: skip
    yield post("aggregations", "/aggregate", filtered)


def _file_requests(tree: Path) -> Iterator[WitnessRequest]:
    """One file of each suffix, in whole and in ranges, folders, and what is not to be had."""
    regular = [path for path in sorted(tree.rglob("*"), reverse=True) if path.is_file()]
    of_suffix = {path.suffix: path for path in regular}
    odd = [path for path in regular if "%#" in path.parent.name]
    for path in [*of_suffix.values(), *odd]:
        target = "/data/" + quote(str(path.relative_to(tree)))
        yield get("files", target)
        for span in (
            "bytes=0-99",
            "bytes=-50",
            "bytes=10-",
            "bytes=0-1,5-9",
            "bytes=999999999-",
            "bytes=9-1",
            "lines=1",
        ):
            yield get("files", target, Range=span)
        yield WitnessRequest("files", "HEAD", target)
    for target in ("/data/", "/data/nothing", "/data/../etc/passwd", "/data/%2e%2e/secret.txt", "/thumbnails/",
                   "/thumbnails/nothing.png", "/browser/", "/browser/config.js", "/browser/runtime-config.js",
                   "/browser",
                   "/browser/collections/flatsim-balkans-interferogram", "/browser/nothing.js", "/favicon.ico",
                   "/robots.txt", "/pages/", "/schemas/", "/pages/nothing.css"):  # fmt: skip
        yield get("files", target)


def _protocol_requests(catalogue: dict[str, list[str]]) -> Iterator[WitnessRequest]:
    """What HTTP has beside the bodies: methods, codings, prefixes of proxies, origins, conditions."""
    item = _item_path(*next(_chosen(catalogue)))
    for path in (
        "/",
        "/collections",
        "/search?limit=3",
        item,
        "/queryables",
        "/coverage?f=csv",
        "/api",
        "/search?f=csv",
    ):
        for coding in ("gzip", "gzip;q=0, identity", "identity;q=0"):
            yield get("protocol", path, Accept_Encoding=coding)
        yield WitnessRequest("protocol", "HEAD", path)
        for method in ("DELETE", "PUT", "PATCH", "OPTIONS"):
            yield WitnessRequest("protocol", method, path)
        yield get("protocol", path, Origin="https://portal.example.org")
        yield get("protocol", path, X_Forwarded_Proto="https", X_Forwarded_Host="stac.example.net",
                  X_Forwarded_Prefix="/stac")  # fmt: skip
        yield get("protocol", path, Forwarded="for=192.0.2.1;proto=https;host=stac.example.net")
        yield get("protocol", path, Accept="application/xml")
        yield get("protocol", path, If_None_Match="*")
        yield get("protocol", path, If_None_Match='W/"nothing"')
        yield get("protocol", path, If_Modified_Since="Thu, 01 Jan 2015 00:00:00 GMT")
    contents = (
        ("{}", "text/plain"), ("{", "application/json"), ("[]", "application/json"), ("", "application/json"),
        ('{"limit": 1}', "application/geo+json"), ('{"limit": 1}', "application/json; charset=latin-1"),
    )  # fmt: skip
    for content, kind in contents:
        yield WitnessRequest("protocol", "POST", "/search", content, {"Content-Type": kind})
        yield WitnessRequest("protocol", "POST", "/aggregate", content, {"Content-Type": kind})


def path_of(address: str) -> str:
    """Path and query of an absolute or relative address."""
    parts = urlsplit(address)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
