"""Matplotlib's SVG made fit for pages: attributes in place of styles, links, a text alternative, light and dark.

Inline styles are against a strict content security policy, and nothing but another inline style can change them; so
they become attributes, which any style sheet may follow or overrule. What is a link carries a key for its address: the
key becomes the link, with its title, and with data that a script can filter by.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from api.plots.palette import dark_rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SVG: Final = "http://www.w3.org/2000/svg"
_XLINK: Final = "http://www.w3.org/1999/xlink"
_XLINK_HREF: Final = f"{{{_XLINK}}}href"
_ALL: Final = ".figure"
"""Selector of figures."""
_KEY: Final = "key:"
_FAMILIES: Final = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif"
_FONT: Final = re.compile(r"^(?:(?P<style>italic|oblique) )?(?:(?P<weight>bold|\d+) )?(?P<size>[\d.]+)px")
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HIT_PX: Final = "7"
"""Width of the invisible line around a thin one."""
_OWN_RULES: Final = (
    "{0} a:hover path,{0} a:focus path{{stroke-width:3}}{0} a:focus{{outline:none}}{0} a.off{{display:none}}"
)


@dataclass(frozen=True, slots=True)
class Link:
    """What a shape leads to.

    Attributes:
        href: Its address.
        title: Its text alternative.
        data: Further attributes, `data-` before their names.
    """

    href: str
    title: str
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line of a figure that is a link.

    Attributes:
        key: Of its link.
        corners: In pixels, from the left and from the top.
        colour: `#rrggbb`.
        width: In pixels.
        dashes: As `stroke-dasharray` has them, if it is not solid.
    """

    key: str
    corners: Sequence[tuple[float, float]]
    colour: str
    width: float
    dashes: str | None = None


def key(name: str) -> str:
    """The address by which a shape of a figure names its link."""
    return f"{_KEY}{name}"


def finish_svg(
    drawn: bytes,
    *,
    title: str,
    description: str,
    links: Mapping[str, Link],
    name: str,
    strokes: Mapping[str, Sequence[Stroke]] | None = None,
) -> bytes:
    """A figure as it is answered.

    Args:
        drawn: As Matplotlib wrote it.
        title: Its name.
        description: What it shows.
        links: By the keys that its shapes have as addresses.
        name: Of the kind of figure; begins its ids, so that two figures can be in one page.
        strokes: Lines that go into the figure, by the ids of the groups that they go into.
    """
    for prefix, namespace in (("", _SVG), ("xlink", _XLINK)):
        ET.register_namespace(prefix, namespace)
    root = ET.fromstring(drawn)  # noqa: S314
    for element in root.iter():
        _unstyled(element)
    for anchor in root.iter(_tag("a")):
        _linked(anchor, links)
    for group in root.iter(_tag("g")):
        for stroke in (strokes or {}).get(group.get("id", ""), ()):
            group.append(_stroked(stroke, links[stroke.key]))
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag in (_tag("metadata"), _tag("style"))]:
            parent.remove(child)
    _described(root, title, description, name)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}'.encode()


def inline(finished_svg: bytes) -> str:
    """A figure to put into a page, which has the style sheet."""
    text = finished_svg.decode().partition("?>\n")[2]
    return re.sub(r"<style>.*?</style>", "", text, count=1, flags=re.DOTALL)


def style_sheet() -> str:
    """What a page needs for the figures in it."""
    return f"{dark_rules(_ALL)}{_OWN_RULES.format(_ALL)}"


def clean(text: str) -> str:
    """A text without the characters that XML cannot have."""
    return _NO_XML.sub("\ufffd", text)


def _tag(name: str) -> str:
    return f"{{{_SVG}}}{name}"


def _unstyled(element: ET.Element) -> None:
    """Make attributes of a style."""
    style = element.attrib.pop("style", None)
    for part in (style or "").split(";"):
        name, _, value = (text.strip() for text in part.partition(":"))
        if name == "font":
            _set_font(element, value)
        elif name and value:
            element.set(name, value)


def _set_font(element: ET.Element, value: str) -> None:
    found = _FONT.match(value)
    if found is None:
        return
    element.set("font-size", found["size"])
    if found["weight"]:
        element.set("font-weight", found["weight"])


def _linked(anchor: ET.Element, links: Mapping[str, Link]) -> None:
    link = links[anchor.attrib.pop(_XLINK_HREF, "").removeprefix(_KEY)]
    anchor.attrib |= _attributes(link)
    paths = [path.get("d", "") for path in anchor.iter(_tag("path")) if path.get("fill") == "none"]
    anchor.insert(0, _title(link))
    for path in paths:
        anchor.append(_hit(path))


def _stroked(stroke: Stroke, link: Link) -> ET.Element:
    """A line as a link; with a wide invisible one, which a pointer finds."""
    path = "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in stroke.corners)
    drawn = {"d": path, "fill": "none", "stroke": stroke.colour, "stroke-width": f"{stroke.width:g}"}
    if stroke.dashes:
        drawn["stroke-dasharray"] = stroke.dashes
    anchor = ET.Element(_tag("a"), _attributes(link))
    anchor.extend([_title(link), ET.Element(_tag("path"), drawn), _hit(path)])
    return anchor


def _attributes(link: Link) -> dict[str, str]:
    return {"href": link.href, "target": "_top", **{f"data-{name}": value for name, value in link.data.items()}}


def _title(link: Link) -> ET.Element:
    title = ET.Element(_tag("title"))
    title.text = clean(link.title)
    return title


def _hit(path: str) -> ET.Element:
    shape = {"d": path, "fill": "none", "stroke": "none", "stroke-width": _HIT_PX, "pointer-events": "stroke"}
    return ET.Element(_tag("path"), shape)


def _described(root: ET.Element, title: str, description: str, name: str) -> None:
    size = root.get("viewBox", "0 0 1 1").split()
    root.set("width", size[2])
    root.set("height", size[3])
    root.set("class", f"figure {name}")
    root.set("font-family", _FAMILIES)
    root.set("role", "group")
    root.set("aria-labelledby", f"{name}-title {name}-description")
    parts = []
    for tag, text in (("title", title), ("desc", description)):
        part = ET.Element(_tag(tag), {"id": f"{name}-{'title' if tag == 'title' else 'description'}"})
        part.text = clean(text)
        parts.append(part)
    style = ET.Element(_tag("style"))
    style.text = style_sheet()
    for place, part in enumerate([*parts, style]):
        root.insert(place, part)
