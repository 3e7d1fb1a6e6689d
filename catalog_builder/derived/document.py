"""The vocabulary as a page for people: `python -m catalog_builder.derived.document > docs/vocabulary.md`.

Every line follows from a row; nothing is on it that is not there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from catalog_builder.derived.schema import SCHEMA_PATH
from catalog_builder.vocab.aggregations import AGGREGATIONS, GRIDS, INTERVALS, Aggregation, Count
from catalog_builder.vocab.files import SIDE_FILES, USER_MADE
from catalog_builder.vocab.kinds import BY_CODE, KINDS
from catalog_builder.vocab.products import PRODUCTS, Band, Product
from catalog_builder.vocab.properties import PROPERTIES
from catalog_builder.vocab.queryables import BY_NAME as SEARCHED
from catalog_builder.vocab.queryables import QUERYABLES, Queryable
from catalog_builder.vocab.regions import REGIONS
from catalog_builder.vocab.sidecars import (
    COMPARED_KEYS,
    FIELDS,
    FILTER_PARAMETERS,
    LINEAGE_PHRASES,
    OUTLINE,
    PAIR_SCENES,
    REFERENCE_DATE,
    SUPER_MASTER,
    UNUSED_KEYS,
    VALUE_UNIT,
)


def vocabulary_page() -> str:
    """The page, in Markdown."""
    return "\n".join(
        [
            "# Vocabulary",
            "",
            "Made from the rows of `catalog_builder/vocab` by `python -m catalog_builder.derived.document`.",
            "Change the rows, not this page.",
            *_section("Kinds of package", "", ("package", "`product:type`", "collection", "level"), _kinds()),
            *_section("Fields of our own", _OWN_FIELDS, ("field", "kind", "type", "meaning", "from"), _properties()),
            *_section("Products", _PRODUCT_TEXT, ("acronym", "asset", "`product:type`", "roles", "bands"), _products()),
            *_section("Other files of a package", _FILE_TEXT, ("file", "asset", "roles", "content"), _files()),
            *_section("Keys of `.meta` files", _META_TEXT, ("key", "use"), _keys()),
            *_section("What can be searched", _QUERY_TEXT, ("property", "type", "unit", "meaning"), _queryables()),
            *_section(
                "What can be counted by", _COUNT_TEXT, ("aggregation", "of", "counts", "buckets"), _aggregations()
            ),
            *_section("Regions", _REGION_TEXT, ("code", "title", "west, south, east, north"), _regions()),
            "",
        ]
    )


_OWN_FIELDS = (
    f"Their JSON Schema stands at `/{SCHEMA_PATH}` of the API and of a static catalogue. In bold: always there."
)
_PRODUCT_TEXT = (
    "Assets are named by key and geometry (`inu_geo`, `inu_radar`); a second number of looks of a product has it as "
    "suffix (`_2rlks`). An acronym that no row has becomes an asset with role `data` and a warning."
)
_FILE_TEXT = (
    "Patterns match whole names without regard to case; the first that does wins. A file that none matches is an asset "
    "named by its file. Never assets, since users' tools write them: "
    + ", ".join(f"`{pattern}`" for pattern in USER_MADE)
    + "."
)
_META_TEXT = (
    "Known and left alone: " + ", ".join(f"`{key}`" for key in sorted(UNUSED_KEYS)) + ". All others are counted."
)
_QUERY_TEXT = "Each has a typed column with an index."
_COUNT_TEXT = (
    "See [aggregation.md](aggregation.md). Buckets are set by a parameter that is called like the aggregation, with "
    "`_interval` or `_precision` after it."
)
_REGION_TEXT = "The boxes are wide and only serve to refuse what lies elsewhere; see `FLATSIM_REGIONS` in settings.md."


def _section(title: str, text: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    if text:
        yield from (text, "")
    yield _row(head)
    yield "|" + "---|" * len(head)
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _kinds() -> Iterator[Sequence[str]]:
    for kind in KINDS:
        yield kind.code, kind.product_type, f"`flatsim-<region>-{kind.slug}`", kind.level or "on its assets"


def _properties() -> Iterator[Sequence[str]]:
    for row in PROPERTIES:
        name = f"**`{row.name}`**" if row.always else f"`{row.name}`"
        kinds = "all" if row.kinds == KINDS else ", ".join(kind.code for kind in row.kinds)
        yield name, kinds, _type(row.words), row.words.description, row.source


def _products() -> Iterator[Sequence[str]]:
    for product in PRODUCTS:
        kind = BY_CODE[product.package].code
        yield (
            f"`{product.code}` ({kind})",
            f"`{product.key}_*`",
            product.type,
            ", ".join(product.roles),
            _bands(product),
        )


def _bands(product: Product) -> str:
    if not product.bands:
        return f"one per date [{product.unit}]" if product.unit else "as in the file"
    words = ", ".join(_band(band) for band in product.bands)
    if not product.radar_bands:
        return words
    return f"{words}; in radar geometry {', '.join(_band(band) for band in product.radar_bands)}"


def _band(band: Band) -> str:
    return f"{band.name} [{band.unit}]" if band.unit else band.name


def _files() -> Iterator[Sequence[str]]:
    for row in SIDE_FILES:
        yield f"`{row.pattern.pattern}`", f"`{row.key}`" if row.key else "its name", ", ".join(row.roles), row.title


def _keys() -> Iterator[Sequence[str]]:
    for field in FIELDS:
        yield f"`{field.key}`", ", ".join(f"`{name}`" for name in field.properties)
    for key, phrase in LINEAGE_PHRASES.items():
        yield f"`{key}`", f"`processing:lineage`, as `{phrase.format('...')}`"
    for key in FILTER_PARAMETERS:
        yield f"`{key}`", "`processing:lineage`, in `filter parameters: ...`"
    yield f"`{OUTLINE}`", "footprint where no raster tells one: within the region, and no box"
    yield f"`{VALUE_UNIT}`", "`unit` of the bands of a cube or velocity in another unit"
    for key in (*PAIR_SCENES, SUPER_MASTER, REFERENCE_DATE):
        yield f"`{key}`", "times of acquisition"
    for key in (*PAIR_SCENES, *COMPARED_KEYS):
        yield f"`{key}`", "compared with names, lists and rasters"


def _queryables() -> Iterator[Sequence[str]]:
    for row in QUERYABLES:
        yield f"`{row.name}`", _type(row), row.unit or "", row.description


def _aggregations() -> Iterator[Sequence[str]]:
    for row in AGGREGATIONS:
        yield f"`{row.name}`", f"`{row.of}`" if row.of else "", row.title, _buckets(row)


def _buckets(row: Aggregation) -> str:
    if row.default is None:
        return "" if row.bucket_type is None else row.count
    if row.count is Count.CALENDAR:
        return f"{', '.join(INTERVALS)}; {row.default} by default"
    if row.count in GRIDS:
        return f"{row.count}, precision {row.least:g} to {row.most:g}; {row.default} by default"
    unit = SEARCHED[row.of or ""].unit
    return f"{row.count}; {row.default:g}{f' {unit}' if unit else ''} by default"


def _type(row: Queryable) -> str:
    words = "date-time" if row.time else (row.type or "geometry")
    return f"{words}: {', '.join(row.enum)}" if row.enum else words


def _regions() -> Iterator[Sequence[str]]:
    for region in REGIONS:
        box = ", ".join(f"{value:g}" for value in region.bbox) if region.bbox else "anywhere"
        yield f"`{region.code}`", region.title, box


if __name__ == "__main__":
    sys.stdout.write(vocabulary_page())
