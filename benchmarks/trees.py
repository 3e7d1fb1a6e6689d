"""Trees of many pair packages in little time: one true package, linked under other dates."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from catalog_builder.sample import SampleSpec, write_sample

FIRST_DAY = date(2014, 10, 10)
STEP_DAYS = 12


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree and how many packages it has."""

    root: Path
    packages: int


def write_tree(root: Path, *, pairs: int, pixels: int = 100) -> Tree:
    """A track whose pairs are all the same picture: rasters and previews are hard links, metadata is written anew.

    Its series and auxiliary package are those of a sample of three dates, whose lists do not know the pairs.
    """
    manifest = write_sample(root, SampleSpec(tracks=1, pairs=3, epochs=3, pixels=pixels))
    track = manifest.tracks[0]
    template = root / track.pairs[0].path
    old = (date.fromisoformat(track.pairs[0].reference_date), date.fromisoformat(track.pairs[0].secondary_date))
    for number in range(pairs):
        reference = FIRST_DAY + timedelta(days=number // 100)
        new = (reference, reference + timedelta(days=1 + number % 100))
        _link_package(template, old, new)
    return Tree(root=root, packages=pairs + len(manifest.package_paths()))


def _link_package(template: Path, old: tuple[date, date], new: tuple[date, date]) -> None:
    package = template.with_name(_renamed(template.name, old, new))
    if package.exists():
        return
    package.mkdir()
    for source in template.iterdir():
        target = package / _renamed(source.name, old, new)
        if source.suffix == ".meta":
            target.write_text(_renamed(source.read_text(), old, new))
        else:
            os.link(source, target)


def _renamed(text: str, old: tuple[date, date], new: tuple[date, date]) -> str:
    """The text with both dates replaced in both spellings; marks go in between, lest a new date be replaced again."""
    for index, day in enumerate(old):
        text = text.replace(f"{day:%Y%m%d}", f"\0{index}").replace(f"{day:%Y-%m-%d}", f"\1{index}")
    for index, day in enumerate(new):
        text = text.replace(f"\0{index}", f"{day:%Y%m%d}").replace(f"\1{index}", f"{day:%Y-%m-%d}")
    return text
