"""Traps in where packages live: folders, links and archives."""

from __future__ import annotations

import os
import shutil
import stat
import struct
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

from deep_folders import make_deep
from trap_rows import Fate, trap
from trap_tree import Corner

# Where packages live.


@trap("any depth, and packages in packages")
def _(here: Corner) -> Iterator[Fate]:
    outer = here.pair(run="1-")
    yield outer, "catalogued", ""
    yield here.pair(at=outer, run="2-"), "catalogued", ""
    yield here.zipped(here.pair(at=outer, run="3-")), "catalogued", ""
    yield here.pair(at=outer.joinpath("old", *"abcdefgh"), run="4-"), "catalogued", ""


@trap("a folder of its own name around a package")
def _(here: Corner) -> Iterator[Fate]:
    outer = here.folder / here.name()
    here.pair(at=outer)
    yield outer, "catalogued", ""


@trap("links: in a circle, to nothing, twice to one package")
def _(here: Corner) -> Iterator[Fate]:
    pair = here.pair()
    yield pair, "catalogued", ""
    (here.folder / "up").symlink_to("..", target_is_directory=True)
    (here.folder / "self").symlink_to("self")
    (here.folder / "zz").mkdir()
    (here.folder / "zz" / pair.name).symlink_to(pair, target_is_directory=True)
    for number, target in enumerate(("gone", here.name(run="9-"))):
        link = here.folder / here.name(run=f"{8 + number}-")
        link.symlink_to(target)
        yield link, "refused", "cannot be listed"
    (pair / "circle.txt").symlink_to("circle.txt")
    os.mkfifo(pair / "pipe.txt")
    yield pair / "circle.txt", "warned", "circle.txt is a link into nothing"
    yield pair / "pipe.txt", "warned", "pipe.txt is a pipe"


@trap("empty packages, and one without any product")
def _(here: Corner) -> Iterator[Fate]:
    for number in (1, 2):
        package = here.folder / here.name(run=f"{number}-")
        package.mkdir()
        if number == 2:
            (package / "baseline.rsc").write_text("20160101 0\n")
        yield package, "refused", "no CNES_* raster"


@trap("a folder that cannot be listed")
def _(here: Corner) -> Iterator[Fate]:
    """Its path is as long as the system takes, those of its files are longer: root may list everything else."""
    count, rest = divmod(4095 - len(str(here.folder)), 251)
    names = [*(["b" * 250] * count), *(["c" * (rest - 40)] if rest > 60 else []), here.name()]
    make_deep(here.folder, names)
    yield here.folder.joinpath(*names), "refused", "cannot be listed: File name too long"


@trap("renamed folders, proven by their neighbours")
def _(here: Corner) -> Iterator[Fate]:
    for package, folder in ((here.series(), "TS"), (here.auxiliary(), "20160101")):
        yield package.rename(here.folder / folder), "catalogued", ""
    yield here.pair(), "catalogued", ""
    second = here.pair(first="2016-01-13", last="2016-01-25", at=here.folder / "INT")
    yield second.rename(second.with_name("int_20160113_20160125")), "catalogued", ""


@trap("renamed folders that nothing proves")
def _(here: Corner) -> Iterator[Fate]:
    for folder, reason in (("int_20160101_20160113", "no package with its full name"), ("VALIDATION", "not named as")):
        yield here.pair(at=here.folder / "x").rename(here.folder / folder), "file", reason


@trap("one package in two folders")
def _(here: Corner) -> Iterator[Fate]:
    yield here.pair(at=here.folder / "a"), "catalogued", ""
    yield here.pair(at=here.folder / "b"), "refused", "makes the same item as"


# Archives.


@trap("a package as directory and as archive, and archives of other kinds")
def _(here: Corner) -> Iterator[Fate]:
    pair = here.pair()
    yield pair, "catalogued", ""
    yield here.zipped(pair, keep=True), "ignored", f"the archive of {pair}"
    other = pair.with_name(f"{pair.name}.tar.gz")
    other.touch()
    yield other, "ignored", "of a kind that is not read in place"
    alone = here.folder / f"{here.name(run='2-')}.TAR"
    alone.touch()
    yield alone, "refused", "pack it as zip"


@trap("an archive that holds more than its directory")
def _(here: Corner) -> Iterator[Fate]:
    pair = here.pair()
    path = here.zipped(pair, keep=True)
    lost = min(pair.glob("CNES_Coh*"))
    lost.unlink()
    yield pair, "catalogued", ""
    yield path, "refused", f"where {lost.name} is missing"


@trap("archives with and without a folder")
def _(here: Corner) -> Iterator[Fate]:
    for number, folder in enumerate((None, "", here.name(run="2-").upper())):
        yield here.zipped(here.pair(run=f"{number}-"), folder=folder), "catalogued", ""
    yield here.zipped(here.pair(run="5-"), folder="other"), "refused", "holds other instead of"


@trap("hostile archives")
def _(here: Corner) -> Iterator[Fate]:
    content = min(here.pair(run="1-").glob("CNES_InU*"))
    good = {content.name: content.read_bytes()}
    shutil.rmtree(content.parent)
    bad = {
        str(here.outside / content.name): "an absolute name",
        f"../../{here.outside.name}/x.txt": "'..'",
        f"a/../{content.name}": "'..'",
        "C:/x.txt": "no plain name",
        "inner.zip": "an archive itself",
    }
    for number, (name, fault) in enumerate(bad.items(), start=1):
        yield here.archive(good | {name: b"x"}, run=f"{number}-"), "refused", fault
    yield here.archive({"CNES_InU_geo_8rlks.tiff": bytes(80 * 2**20)}, run="20-"), "refused", "would expand"
    yield (
        here.archive({f"{here.name(run='22-')}/x": b"", f"{here.name(run='23-')}/x": b""}, run="22-"),
        "refused",
        ("further packages"),
    )
    yield _linked(here, good), "refused", "a link or device"
    yield _twice(here, good), "refused", "2 entries named"
    yield _flagged(here, good), "refused", "is encrypted"
    os.mkfifo(here.folder / f"{here.name(run='33-')}.zip")
    yield here.folder / f"{here.name(run='33-')}.zip", "refused", "not a regular file"


def _linked(here: Corner, good: dict[str, bytes]) -> Path:
    path = here.archive(good, run="30-")
    info = zipfile.ZipInfo("RMSdate.txt")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, str(here.outside / "secret.txt"))
    return path


def _twice(here: Corner, good: dict[str, bytes]) -> Path:
    path = here.archive(good, run="31-")
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        archive.writestr(*next(iter(good.items())))
    return path


def _flagged(here: Corner, good: dict[str, bytes]) -> Path:
    path = here.archive(good, run="32-")
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, data.index(b"PK\1\2") + 8, 1)
    path.write_bytes(data)
    return path
