"""The sidecar files of a package, fetched and read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from catalog_builder.packages import sidecars, storage, tables
from catalog_builder.packages.model import Fault, PackageFile, PackageName, ProductName, Texts
from catalog_builder.vocab.products import stated_unit
from catalog_builder.vocab.sidecars import TYPED_KEYS, VALUE_UNIT

METADATA_EXTENSIONS = ("meta", "metadata")

_STACK = "stk-in_list_inu"
"""Part of the name of the list of unwrapped interferograms of the stack, whose prefix and extension are not known."""
_FALLBACK = "baselines at the top"
_TABLES: dict[str, tuple[str, Callable[[str, tables.Range | None], tables.Table[Any]]]] = {
    "baseline.rsc": ("baselines_m", tables.parse_baselines),
    "interf_pair.rsc": ("computed_pairs", tables.parse_pairs),
    "list_unw_frac.txt": ("unwrapped_fraction", tables.parse_unwrapped_fraction),
    "rmsdate.txt": ("epochs", tables.parse_epochs),
    "rmsinterfero.txt": ("rms_rad", tables.parse_rms),
    "baseline_top_bot.rsc": (_FALLBACK, tables.parse_baselines),
    _STACK: ("stack_pairs", tables.parse_stack),
}
"""File name, folded → field of `Texts` and the parser of the table."""
_PARAMETERS = "nsbas.proc"


def read_texts(
    metadata: Sequence[tuple[PackageFile, ProductName]], others: Sequence[PackageFile], name: PackageName
) -> Texts:
    """What the sidecar files of a package say, and what is wrong with them.

    Args:
        metadata: those of its rasters.
        others: its further files.
        name: its own.

    Raises:
        PackageRefused: one cannot be read.
    """
    values: dict[str, Any] = {}
    partial: set[str] = set()
    faults: list[Fault] = []
    within = None if name.kind.per_pair else (name.first, name.last)
    for member in others:
        folded = member.name.lower()
        if folded == _PARAMETERS:
            values["parameters"] = sidecars.parse_parameters(_text(member))
        row = _TABLES.get(_STACK if _STACK in folded else folded)
        if row is None or row[0] in values:
            continue
        table = row[1](_text(member), None if row[0] == "epochs" else within)  # its dates are compared with the bands
        values[row[0]] = table.content
        partial |= set() if table.is_whole else {row[0]}
        for fault in table.faults:
            kind = "table" if fault.line is None else "table line"
            faults.append(Fault(kind=kind, path=str(member.where), reason=fault.text, value=fault.value))
    top = values.pop(_FALLBACK, {})
    if not values.get("baselines_m"):
        values["baselines_m"] = top
        partial = (partial - {"baselines_m"}) | ({"baselines_m"} if _FALLBACK in partial else set())
    described = [(member, name) for member, name in metadata if _extension(member.name) in METADATA_EXTENSIONS]
    more = [member for member in others if _extension(member.name) in METADATA_EXTENSIONS]
    texts = {member: _text(member) for member in (*(member for member, _ in described), *more)}
    meta = sidecars.collect_meta(texts.values())
    units = _units((name, texts[member]) for member, name in described)
    faults += _unreadable(meta, texts)
    return Texts(
        meta=meta.first,
        meta_variants=meta.variants,
        unknown_meta_keys=meta.unknown,
        units=units,
        partial=frozenset(partial - {_FALLBACK}),
        faults=tuple(faults),
        **values,
    )


def _unreadable(meta: sidecars.Meta, texts: Mapping[PackageFile, str]) -> Iterator[Fault]:
    """Values of `.meta` files that are no number or time where one is due, each told of the first file with it."""
    for key, value in meta.unreadable:
        member = next(member for member, text in texts.items() if (key, value) in sidecars.parse_meta(text))
        what = "number" if TYPED_KEYS[key] == "number" else "time"
        reason = f"{key} is {value!r}, which is no {what}"
        yield Fault(kind="metadata value", path=str(member.where), reason=reason, value=value)


def _units(described: Iterable[tuple[ProductName, str]]) -> dict[str, str]:
    """Units that a `.meta` states for its own raster, where they are others than those of the row."""
    units = {}
    for name, text in described:
        product = name.product
        if product is None or not product.stated_units:
            continue
        unit = stated_unit(product, sidecars.collect_meta([text]).first.get(VALUE_UNIT, ""))
        if unit:
            units[name.stem] = unit
    return units


def _extension(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _text(member: PackageFile) -> str:
    return sidecars.decode(storage.read_bytes(member))
