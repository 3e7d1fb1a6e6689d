"""What pgstac keeps of an item: what differs from its collection's `item_assets`."""

from __future__ import annotations

from typing import Any, Final

DO_NOT_MERGE: Final = "𒍟※"
"""pgstac's own word where an item does not have a field that the others of its collection have."""

Json = dict[str, Any]


def base_item(collection: Json) -> Json:
    """What pgstac takes for common to all items of a collection, as its `collection_base_item` does.

    >>> base_item({"id": "c", "stac_version": "1.1.0"})
    {'type': 'Feature', 'stac_version': '1.1.0', 'assets': None, 'collection': 'c'}
    """
    return {
        "type": "Feature",
        "stac_version": collection.get("stac_version"),
        "assets": collection.get("item_assets"),
        "collection": collection["id"],
    }


def dehydrate(base: Json, item: Json) -> Json:
    """An item without what its base says already; the rest is shared with the item.

    A member that only the base has is marked, lest it come back. As pypgstac does it, a null or an empty list where the
    base has something else is lost.

    >>> dehydrate({"a": 1, "b": {"c": 2, "d": 3}}, {"a": 1, "b": {"c": 4}, "e": 5})
    {'b': {'c': 4, 'd': '𒍟※'}, 'e': 5}
    """
    out: Json = {}
    for name, value in item.items():
        if name not in base:
            out[name] = value
            continue
        common = base[name]
        if common != value and (kept := _kept(common, value)) is not None:
            out[name] = kept
    for name in base:
        if name not in item:
            out[name] = DO_NOT_MERGE
    return out


def _kept(common: Any, value: Any) -> Any:
    """What is kept of a value that differs from the common one; None for nothing."""
    if isinstance(value, list) and isinstance(common, list):
        return [_member(*pair) for pair in zip(common, value, strict=True)] if len(common) == len(value) else value
    if value == []:
        return None
    if isinstance(value, dict) and isinstance(common, dict):
        return dehydrate(common, value)
    return value


def _member(common: Any, value: Any) -> Any:
    return dehydrate(common, value) if isinstance(common, dict) and isinstance(value, dict) else value
