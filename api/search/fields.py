"""The Fields extension: parts of items.

What is included is included with `type`, `id`, `collection` and `links`, so that the answer can still be identified and
followed; who does not want those excludes them by name. A part that is asked for wins over a larger part that is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.errors import InvalidParameter
from api.request.suggestions import describe_unknown
from api.search.model import Fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.search.properties import PropertyTable

ALWAYS: Final = frozenset({"type", "id", "collection", "links"})
MEMBERS: Final = frozenset(
    {"type", "stac_version", "stac_extensions", "id", "collection", "geometry", "bbox", "properties", "links", "assets"}
)
"""Members that an item may have at its top."""


def read_fields(include: Iterable[str], exclude: Iterable[str], properties: PropertyTable) -> Fields:
    """The fields a request names; a property may stand without `properties.` before it.

    Raises:
        InvalidParameter: An item can have no such member.
    """
    included, excluded = ({_path(name, properties) for name in names} for names in (include, exclude))
    remaining = {path for path in excluded if path not in included and not _within(included, path)}
    return Fields(frozenset(included), frozenset(remaining))


def _within(paths: Iterable[str], parent: str) -> bool:
    return any(path.startswith(f"{parent}.") for path in paths)


def _path(name: Any, properties: PropertyTable) -> str:
    if not isinstance(name, str):
        raise InvalidParameter(parameter="fields", reason="the name of a field is text")
    if name.partition(".")[0] in MEMBERS:
        return name
    if name in properties.by_name:
        return f"properties.{name}"
    raise InvalidParameter(
        parameter="fields", reason=describe_unknown(name, sorted({*MEMBERS, *properties.by_name}), "field")
    )


def select(item: dict[str, Any], fields: Fields) -> dict[str, Any]:
    """The requested parts of an item; the item itself is left as it is.

    >>> select({"id": "a", "properties": {"x": 1, "y": 2}, "assets": {}}, Fields(frozenset({"properties.x"})))
    {'id': 'a', 'properties': {'x': 1}}
    """
    chosen = _included(item, [path.split(".") for path in {*fields.include, *ALWAYS}]) if fields.include else item
    return _without(chosen, [path.split(".") for path in fields.exclude])


def _included(value: dict[str, Any], paths: list[list[str]]) -> dict[str, Any]:
    """Members that paths begin with, in the order of the value."""
    chosen = {}
    for name, member in value.items():
        rests = [path[1:] for path in paths if path[0] == name]
        if not rests:
            continue
        if [] in rests or not isinstance(member, dict):
            chosen[name] = member
        elif inner := _included(member, rests):
            chosen[name] = inner
    return chosen


def _without(value: dict[str, Any], paths: list[list[str]]) -> dict[str, Any]:
    """Members that no path names."""
    remaining = {}
    for name, member in value.items():
        rests = [path[1:] for path in paths if path[0] == name]
        if [] in rests:
            continue
        remaining[name] = _without(member, rests) if rests and isinstance(member, dict) else member
    return remaining
