"""Builds that make thumbnails: of what, where they are kept, and what happens to them later."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from PIL import Image
from thumbnailed import (
    PACKAGES,
    bend,
    bend_to_nothing,
    into,
    items_in,
    one,
    picture_of,
    pictures,
    without_pictures,
    zipped,
)

from catalog_builder.location import locate
from catalog_builder.pipeline import pool
from catalog_builder.pipeline.build import build
from catalog_builder.pipeline.catalogue import Options
from catalog_builder.sample import SampleManifest
from catalog_builder.sinks.static import StaticSink
from catalog_builder.stac.layout import StaticLayout
from catalog_builder.thumbnails.folder import ThumbnailFolder
from catalog_builder.thumbnails.make import NO_THUMBNAIL
from catalog_builder.validation.check import check
from catalog_builder.validation.documents import documents
from catalog_builder.validation.schemas import Schemas
from catalog_builder.vocab.products import RADAR_ROLE

Tree = tuple[Path, SampleManifest]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_each_item_has_one_that_is_there(small_tree: Tree, out: Path, schemas: Schemas) -> None:
    report = into(out, small_tree[0])
    assert (report.catalogued, report.warnings) == (PACKAGES, [])
    items = items_in(out)
    assert pictures(out).keys() == items.keys()
    for path in out.rglob("flatsim_*.json"):
        asset = json.loads(path.read_bytes())["assets"]["thumbnail"]
        assert (asset["type"], asset["roles"]) == ("image/png", ["thumbnail"])
        with Image.open(path.parent / asset["href"]) as image:
            assert [image.height, image.width] == asset["proj:shape"]
            assert max(image.size) <= 512
            assert image.convert("RGBA").getchannel("A").getextrema() == (0, 255)
    found = [(address, list(check(document, schemas))) for address, document in documents(str(out))]
    assert len(found) == PACKAGES + 3 + 2
    assert [fault for fault in found if fault[1]] == []


def test_the_producers_preview_is_taken_and_its_legend_kept_apart(small_tree: Tree, out: Path) -> None:
    into(out, small_tree[0])
    assets = one(items_in(out), "_int_")["assets"]
    assert assets["thumbnail"]["title"] == "Thumbnail of Unwrapped interferogram, ground geometry"
    assert "its legend is an asset of its own" in assets["thumbnail"]["description"]
    assert assets["legend_inu_geo"]["roles"] == ["overview", "legend"], "else STAC Browser offers to put it on the map"
    assert assets["preview_inu_geo"]["roles"] == ["overview"]
    [path] = small_tree[0].rglob(assets["preview_inu_geo"]["href"].rpartition("/")[2])
    thumbnail = next((out / "thumbnails").rglob(f"{one(items_in(out), '_int_')['id']}.png"))
    with Image.open(path) as theirs, Image.open(thumbnail) as ours:
        assert theirs.convert("RGBA").tobytes() == ours.convert("RGBA").tobytes(), "small enough as it is"


def test_a_preview_with_a_frame_is_no_image_of_its_raster(own_tree: Tree, out: Path) -> None:
    for path in own_tree[0].rglob("CNES_InU_geo*.png"):
        with Image.open(path) as image:
            framed = Image.new("RGB", (image.width + 90, image.height), "white")
            framed.paste(image.convert("RGB"))
        framed.save(path)
    assert into(out, own_tree[0]).warnings == []
    assert "Colours of 'balance'" in one(items_in(out), "_int_")["assets"]["thumbnail"]["description"]


EXPECTED = {
    "_int_": ("Unwrapped interferogram", "balance", "rad, the 98th percentile of the magnitudes"),
    "_ts": ("Mean line-of-sight velocity", "balance", "rad/a, the 98th percentile of the magnitudes"),
    "_aux": ("Temporal coherence", "gray", "the percentiles 2 and 98"),
}


def test_without_pictures_they_are_made_of_rasters(own_tree: Tree, out: Path) -> None:
    without_pictures(own_tree[0])
    assert into(out, own_tree[0]).warnings == []
    items = items_in(out)
    for part, (title, colours, words) in EXPECTED.items():
        item = one(items, part)
        asset = item["assets"]["thumbnail"]
        assert asset["title"] == f"Thumbnail of {title}, ground geometry"
        assert f"'{colours}'" in asset["description"]
        assert words in asset["description"]
    item = one(items, "_int_")
    [path] = own_tree[0].rglob(item["assets"]["inu_geo"]["href"].rpartition("/")[2])
    with rasterio.open(path) as raster, Image.open(picture_of(out, item)) as image:
        valid = raster.read(1) != 0
        assert ((np.asarray(image.convert("RGBA"))[..., 3] > 0) == valid).all()


def test_without_ground_geometry_radar_geometry_is_shown_and_says_so(own_tree: Tree, out: Path) -> None:
    without_pictures(own_tree[0])
    for path in own_tree[0].rglob("CNES_*_geo_*.tiff"):
        if "NSBAS_INT" in path.parent.name:
            path.unlink()
    into(out, own_tree[0])
    asset = one(items_in(out), "_int_")["assets"]["thumbnail"]
    assert asset["title"] == "Thumbnail of Unwrapped interferogram, radar geometry"
    assert RADAR_ROLE not in asset["roles"]


@pytest.fixture
def damaged(own_tree: Tree) -> tuple[Path, Path]:
    """A tree without pictures, and the raster of one pair whose pixels cannot be unpacked."""
    without_pictures(own_tree[0])
    path = min(own_tree[0].rglob("CNES_InU_geo*.tiff"))
    bend(path)
    return own_tree[0], path


def test_a_damaged_raster_is_reported_and_the_next_best_is_shown(damaged: tuple[Path, Path], out: Path) -> None:
    tree, path = damaged
    report = into(out, tree, options=Options(strict=True))
    assert report.catalogued == PACKAGES, "strict or not, an item is not lost for its picture"
    [remark] = report.warnings
    assert remark.path == str(path)
    assert remark.reason.startswith(f"not shown as thumbnail: {path.name} cannot be read: ")
    shown = [item["assets"]["thumbnail"]["title"] for item in items_in(out).values() if "_int_" in item["id"]]
    assert shown.count("Thumbnail of Filtered wrapped interferogram, ground geometry") == 1


def test_without_anything_to_show_the_item_is_kept_and_the_reason_told(own_tree: Tree, out: Path) -> None:
    without_pictures(own_tree[0])
    package = min(own_tree[0].rglob("NSBAS_INT*"))
    for path in package.glob("*.tiff"):
        if "Coh_geo" in path.name:
            bend_to_nothing(path)
        else:
            path.unlink()
    report = into(out, own_tree[0], options=Options(lenient=True))
    [item] = [item for item in items_in(out).values() if "thumbnail" not in item["assets"]]
    assert item["properties"]["identifier"] == package.name
    assert [remark.reason for remark in report.warnings if NO_THUMBNAIL in remark.reason] == [
        f"{NO_THUMBNAIL}: it holds no product that can be shown"
    ]
    assert item["id"] not in pictures(out)
    again = into(out, own_tree[0], options=Options(lenient=True))
    assert again.unchanged == PACKAGES
    assert again.warnings == report.warnings, "said again"


def test_a_damaged_preview_is_reported_and_the_raster_shown(own_tree: Tree, out: Path) -> None:
    path = min(own_tree[0].rglob("CNES_InU_geo*.png"))
    path.write_bytes(path.read_bytes()[:300])
    [remark] = into(out, own_tree[0]).warnings
    assert remark.path == str(path)
    assert remark.reason.startswith(f"not shown as thumbnail: {path.name} cannot be read: ")
    assert len(pictures(out)) == PACKAGES


@pytest.mark.parametrize("prepare", [lambda tree: None, without_pictures])
def test_archives_give_the_same(own_tree: Tree, tmp_path: Path, prepare: Callable[[Path], None]) -> None:
    prepare(own_tree[0])
    into(tmp_path / "folders", own_tree[0])
    zipped(own_tree[0])
    report = into(tmp_path / "archives", own_tree[0])
    assert (report.catalogued, report.warnings) == (PACKAGES, [])
    assert pictures(tmp_path / "archives") == pictures(tmp_path / "folders")


@pytest.mark.usefixtures("s3_environment")
def test_a_store_gives_the_same(s3: Any, s3_tree: Tree, tmp_path: Path) -> None:
    plain, bare = tmp_path / "plain", tmp_path / "bare"
    shutil.copytree(s3_tree[0], plain)
    shutil.copytree(s3_tree[0], bare)
    without_pictures(bare)
    zipped(bare)
    for tree in (plain, bare):
        s3.put(tree, f"thumbnails/{tree.name}")
        into(tmp_path / "disk", tree)
        layout = StaticLayout(tmp_path / "s3", thumbnails=ThumbnailFolder(tmp_path / "s3" / "thumbnails"))
        place = locate(f"s3://flatsim/thumbnails/{tree.name}")
        report = build([place], StaticSink(tmp_path / "s3"), layout)
        assert (report.refused, report.warnings) == ([], [])
        assert pictures(tmp_path / "s3") == pictures(tmp_path / "disk")


def test_the_number_of_workers_changes_nothing(
    small_tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "WORTH_A_POOL", 1)
    for workers in (1, 2):
        into(tmp_path / str(workers), small_tree[0], workers=workers)
    assert pictures(tmp_path / "1") == pictures(tmp_path / "2")


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_large_rasters_are_not_read_whole(tmp_path: Path) -> None:
    """Of one that has overviews the one that fits; of one in rows, those rows."""
    path = tmp_path / "large.tiff"
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": 6000, "width": 1000}
    with rasterio.open(path, "w", **profile) as target:
        target.write(np.ones((1, 6000, 1000), dtype=np.float32))
    rows = read_bytes_of(path, (512, 85))
    assert rows < path.stat().st_size / 3
    assert rows >= 512 * 1000 * 4, "the way of counting works"
    with rasterio.open(path, "w", **profile, tiled=True, blockxsize=256, blockysize=256, compress="deflate") as target:
        target.write(np.random.default_rng(1).normal(size=(1, 6000, 1000)).astype(np.float32))
        target.build_overviews([2, 4, 8], rasterio.enums.Resampling.nearest)
    assert read_bytes_of(path, (512, 85)) < path.stat().st_size / 8


def read_bytes_of(path: Path, shape: tuple[int, int]) -> int:
    """Bytes that a process of its own asks of files to sample a raster."""
    code = """
import sys
from pathlib import Path
from catalog_builder.read import raster
path = Path(sys.argv[1])
def so_far():
    return int(Path("/proc/self/io").read_text().split("rchar: ")[1].split()[0])
with raster.session(path):
    with raster.opened(path) as dataset:
        before = so_far()
        raster.read_samples(dataset, 1, (int(sys.argv[2]), int(sys.argv[3])))
        print(so_far() - before)
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, path, *map(str, shape)], check=True, capture_output=True, text=True
    )
    return int(done.stdout)


def test_pictures_follow_each_other_as_their_rasters_do(small_tree: Tree, out: Path) -> None:
    """Pages show them one after the other: the thumbnail, then each preview with its legend."""
    into(out, small_tree[0])
    shown = [key for key, asset in one(items_in(out), "_int_")["assets"].items() if asset["type"] == "image/png"]
    products = ("inw", "inwf", "inu", "aps", "coh")
    pairs = [f"{prefix}_{product}_geo" for product in products for prefix in ("preview", "legend")]
    assert shown == ["thumbnail", *pairs]


def test_a_bent_entry_of_an_archive_is_not_shown(own_tree: Tree, out: Path) -> None:
    """Also where GDAL, which does not look at the CRC, would unpack it to other values."""
    without_pictures(own_tree[0])
    package = min(own_tree[0].rglob("NSBAS_INT*"))
    target = package.with_name(f"{package.name}.zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(package.iterdir()):
            archive.write(path, f"{package.name}/{path.name}")
    shutil.rmtree(package)
    with zipfile.ZipFile(target) as archive:
        [entry] = [info for info in archive.infolist() if "/CNES_InU_geo" in info.filename and "tiff" in info.filename]
    content = bytearray(target.read_bytes())
    content[entry.header_offset + 14] ^= 0xFF
    directory = content.index(entry.CRC.to_bytes(4, "little"), entry.header_offset + entry.compress_size)
    content[directory] ^= 0xFF
    target.write_bytes(content)
    report = into(out, own_tree[0])
    assert report.catalogued == PACKAGES
    [remark] = report.warnings
    assert remark.path.endswith(entry.filename.rpartition("/")[2])
    assert remark.reason.startswith("not shown as thumbnail: ")
    assert "Bad CRC-32" in remark.reason
