"""The odd documents beside the sample: those of the service's tests, and items as foreign writers load them."""

from __future__ import annotations

import copy
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

from .corpus import CHECKOUT, import_file

Document = dict[str, Any]
FOREIGN: Final = "foreign-scenes"
N_VARIED: Final = 60
SEED: Final = 5
"""That of `random_searches`, whose searches name these items."""
DATED_S: Final = 1_700_000_000
"""Modification time of every file of the tree, in seconds of the epoch: items have it in `created`."""


def write_odd_package(tree: Path) -> None:
    """Add the package of the service's tests, whose name has every character that an address must escape."""
    tests = _service_tests()
    package = tree / tests.PACKAGE
    package.mkdir(parents=True)
    tests.write_raster(package / tests.RASTER)
    (package / "baseline.rsc").write_text("20150101 0.0\n20150113 42.5\n")
    (package / "preview.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)
    (package / "empty.txt").touch()
    (package / "in.rsc").symlink_to(package / "baseline.rsc")


def date_files(tree: Path) -> None:
    """Give all files and folders one modification time, so that two trees of one seed are the same."""
    for path in sorted(tree.rglob("*"), reverse=True):
        if not path.is_symlink():
            os.utime(path, (DATED_S, DATED_S))


def odd_documents(tree: Path) -> tuple[list[Document], list[Document]]:
    """Collections and items to be loaded beside the sample."""
    sys.path.insert(0, str(CHECKOUT / "tests" / "support"))
    from varied_items import collections, varied_items  # noqa: PLC0415 -- on the path only now

    tests = _service_tests()
    words = import_file(CHECKOUT / "tests" / "service" / "test_free_text.py")
    testland = [
        tests._collection(tests.PAIRS, "Testland: interferograms", tree),
        tests._collection(tests.SERIES, "Testland: time series", tree),
    ]
    pairs = [tests._pair(number, tree) for number in range(tests.N_PAIRS)]
    tibet = [
        (region, kind) for region, kind in ((r, k) for r in words.REGIONS for k in words.KINDS) if region != "balkans"
    ]
    wordy = [words._item(pairs[0], *pair, track) for pair in tibet for track in words.TRACKS]
    wordy[0]["properties"] |= {"description": words.NOTE, "keywords": ["Pâques", "séisme"]}
    loaded = {one["id"] for one in testland}
    items = [*pairs, tests._series(tree), *varied_items(N_VARIED, seed=SEED), *wordy, *_foreign_items()]
    return (
        [
            *testland, *(one for one in collections(["data"]) if one["id"] not in loaded),
            *(words._collection(testland[0], *pair) for pair in tibet), _foreign_collection(),
        ],
        items,
    )  # fmt: skip


def write_documents(file: Path, documents: list[Document]) -> None:
    """Write documents as NDJSON, the form that pypgstac takes."""
    file.write_text("".join(json.dumps(document) + "\n" for document in documents))


def _service_tests() -> Any:
    return import_file(CHECKOUT / "tests" / "service" / "conftest.py")


def _foreign_collection() -> Document:
    """As little as pgstac takes, with an open extent and members of nobody's."""
    return {
        "type": "Collection", "stac_version": "1.0.0", "id": FOREIGN, "license": "proprietary",
        "description": "Of <b>another</b> writer & \"more\"", "links": [], "x:nested": {"a": [1, None, {"b": "ç"}]},
        "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}},
    }  # fmt: skip


def _foreign_items() -> list[Document]:
    """Values of other types than ours have, other geometries, other dates, other names."""
    point = {"type": "Point", "coordinates": [20.6, 38.7]}
    split = {"type": "MultiPolygon", "coordinates": [
        [[[175, -5], [180, -5], [180, 5], [175, 5], [175, -5]]],
        [[[-180, -5], [-175, -5], [-175, 5], [-180, 5], [-180, -5]]],
    ]}  # fmt: skip
    high = {"type": "Polygon", "coordinates": [[[20, 38, 5], [21, 38, 5], [21, 39, 9], [20, 39, 9], [20, 38, 5]]]}
    both = {
        "type": "GeometryCollection",
        "geometries": [point, {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}],
    }
    day = "2016-02-29T23:59:59.999999Z"
    span = {"datetime": None, "start_datetime": "2014-01-01T00:00:00Z", "end_datetime": "2020-12-31T23:59:59Z"}
    rows: list[tuple[str, Document, list[float] | None, Document]] = [
        ("plain", point, [20.6, 38.7, 20.6, 38.7], {"datetime": day}),
        ("span", point, None, span),
        ("split", split, [175, -5, -175, 5], {"datetime": day, "title": "Across the antimeridian"}),
        ("high", high, [20, 38, 5, 21, 39, 9], {"datetime": "2015-06-01T12:00:00+02:00"}),
        ("both", both, [0, 0, 20.6, 38.7], {"datetime": "1970-01-01T00:00:00Z"}),
        ("texts for numbers", point, None, {"datetime": day, "sat:relative_orbit": "80", "sar:looks_range": "12"}),
        ("numbers for texts", point, None, {"datetime": day, "title": 5, "sat:orbit_state": 7, "flatsim:track": True}),
        ("lists for texts", point, None, {"datetime": day, "title": ["a", "b"], "flatsim:region": {"a": 1}}),
        ("large", point, None, {"datetime": day, "flatsim:coherence_mean": 1e300, "sar:center_frequency": -1e-300}),
        ("fractions", point, None, {"datetime": day, "sat:relative_orbit": 80.5, "insar:temporal_baseline": 12.0}),
        ("nulls", point, None, {"datetime": day, "title": None, "keywords": None, "sar:polarizations": None}),
        ("wörds/%# é", point, None, {"datetime": day, "title": "Süß & <i>quer</i> \"'", "keywords": ["Etna", "ÉTNA"]}),
        ("wörds %# é+?&", point, None, {"datetime": day}),
        ("dates", point, None, {"datetime": day, "insar:reference_datetime": "yesterday", "created": "2016-13-45"}),
        ("of-ours", high, None, {"datetime": day, "product:type": "TIMESERIES", "flatsim:used_in_timeseries": "yes"}),
    ]  # fmt: skip
    asset = {"thing": {"href": "../relative/file.bin"}, "s3": {"href": "s3://bucket/key.tif", "type": "image/tiff"}}
    return [
        {
            "type": "Feature", "stac_version": "1.0.0", "stac_extensions": [], "id": name, "collection": FOREIGN,
            "geometry": geometry, **({"bbox": bbox} if bbox else {}), "properties": properties,
            "links": [{"rel": "derived_from", "href": "https://example.org/a b"}], "assets": copy.deepcopy(asset),
            "x:extra": [None, 1, "two"],
        }
        for name, geometry, bbox, properties in rows
    ]  # fmt: skip
