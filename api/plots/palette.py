"""Colours of figures, each with the one that stands for it on a dark page.

Scales are Matplotlib's viridis, which is even in lightness and can be distinguished with colour blindness; the
ends that would be lost on white or on black are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour on a light and on a dark page, `#rrggbb`."""

    light: str
    dark: str


PAPER: Final = Colour("#ffffff", "#10181d")
INK: Final = Colour("#1e242b", "#e4e8ec")
QUIET: Final = Colour("#5a6572", "#9aa5b1")
GRID: Final = Colour("#e3e7eb", "#2a3038")
GAP: Final = Colour("#f4efe6", "#232019")
BREAK: Final = Colour("#f7e3da", "#3a231b")
BREAK_INK: Final = Colour("#a8401a", "#f0a07c")
UNKNOWN: Final = Colour("#9aa3ad", "#77818c")
NODE: Final = Colour("#1f262e", "#dfe4e9")
APART: Final = Colour("#d1490f", "#ff8a57")
LAND: Final = Colour("#efece4", "#22272e")
COAST: Final = Colour("#a9b1b9", "#4c5661")
SEA: Final = Colour("#fbfcfd", "#161b21")
ASCENDING: Final = Colour("#b4460b", "#ffa25e")
DESCENDING: Final = Colour("#0a5c80", "#7cc7ea")

_VIRIDIS_LIGHT: Final = (
    "#471365", "#472f7d", "#3f4b8a", "#34658e", "#2a7f8e", "#21988a", "#2db27c", "#5ec962", "#9fc51c", "#c9b40a",
)  # fmt: skip
_VIRIDIS_DARK: Final = (
    "#7d5fc4", "#7272cc", "#6085cc", "#4d97c6", "#3fa9b9", "#37bba3", "#4fcd86", "#83da5f", "#bee444", "#fdeb55",
)  # fmt: skip
SCALE: Final = tuple(map(Colour, _VIRIDIS_LIGHT, _VIRIDIS_DARK))
"""From low to high, for numbers in classes."""

ALL: Final = (
    PAPER, INK, QUIET, GRID, GAP, BREAK, BREAK_INK, UNKNOWN, NODE, APART, LAND, COAST, SEA, ASCENDING, DESCENDING,
    *SCALE,
)  # fmt: skip


def scale(number: int) -> tuple[Colour, ...]:
    """So many colours of the scale, evenly from end to end."""
    if number == 1:
        return (SCALE[len(SCALE) // 2],)
    return tuple(SCALE[round(index * (len(SCALE) - 1) / (number - 1))] for index in range(number))


def dark_rules(scope: str) -> str:
    """CSS by which figures follow a dark page: attributes of shapes give way to it.

    Args:
        scope: Selector of the figures.
    """
    rules = (
        f'{scope} [{kind}="{colour.light}"]{{{kind}:{colour.dark}}}' for colour in ALL for kind in ("fill", "stroke")
    )
    return f"@media (prefers-color-scheme: dark){{{''.join(rules)}}}"
