"""Headers of real files, and files that were cut off, bent or are no rasters at all."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine

from catalog_builder.errors import PackageRefused
from catalog_builder.read import mask, raster
from catalog_builder.vocab.products import BY_ACRONYM

VALUES = np.random.default_rng(1).normal(size=(2, 300, 280)).astype("float32")


def write(path: Path, *, driver: str = "GTiff", georeferenced: bool = True, **options: object) -> Path:
    where = {"crs": "EPSG:4326", "transform": Affine(0.01, 0, 20, 0, -0.01, 41)} if georeferenced else {}
    with rasterio.open(
        path, "w", driver=driver, height=300, width=280, count=2, dtype="float32", **where, **options
    ) as dataset:
        dataset.write(VALUES)
    return path


def grid(path: Path):
    with raster.session(path), raster.opened(path) as dataset:
        return raster.read_grid(path, dataset, size_bytes=path.stat().st_size)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_radar_geometry_has_no_crs_and_is_never_a_cog(tmp_path: Path) -> None:
    header = grid(write(tmp_path / "radar.tiff", georeferenced=False, tiled=True, blockxsize=128, blockysize=128))
    assert (header.crs, header.transform, header.bounds, header.is_cog) == (None, None, None, False)
    assert (header.height, header.width, header.count, header.dtype) == (300, 280, 2, "float32")


def test_a_cog_is_told_from_a_plain_geotiff(tmp_path: Path) -> None:
    assert grid(write(tmp_path / "cog.tiff", driver="COG", compress="deflate")).is_cog
    plain = grid(write(tmp_path / "plain.tiff"))
    assert not plain.is_cog
    assert plain.bounds == (20.0, 38.0, 22.8, 41.0)


@pytest.mark.parametrize(
    "options", [{"driver": "COG", "compress": "deflate"}, {}, {"tiled": True}, {"interleave": "band"}]
)
@pytest.mark.parametrize("kept", [0.999, 0.9, 0.5, 0.02, 0.0])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, options: dict, kept: float) -> None:
    path = write(tmp_path / "whole.tiff", **options)
    grid(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(PackageRefused, match=r"whole\.tiff"):
        grid(path)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_garbage_is_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("garbage") / "x.tiff"
    path.write_bytes(b"II*\0" + content)
    with pytest.raises(PackageRefused, match=r"x\.tiff"):
        grid(path)


def test_words_in_no_encoding_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tiff", driver="COG")
    path.write_bytes(path.read_bytes().replace(b"LAYOUT=IFDS_BEFORE_DATA", b"LAYOUT=IFDS_BEFORE_\xff\xff\xff\x7f"))
    with pytest.raises(PackageRefused, match=r"x\.tiff cannot be read: 'utf-8' codec"):
        grid(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageRefused, match="gone"), raster.opened(tmp_path / "gone.tiff"):
        pass


@pytest.mark.parametrize(
    ("east", "north", "up", "azimuth"),
    [(0.6, 0.13, -0.79, 77.77), (-0.6, 0.13, -0.79, 282.23), (-0.6, -0.13, 0.79, 77.77)],
)
def test_line_of_sight_does_not_depend_on_the_way_the_vectors_point(east, north, up, azimuth) -> None:
    view = raster.line_of_sight(east=east, north=north, up=up)
    assert view is not None
    assert view.azimuth_deg == pytest.approx(azimuth, abs=0.05)
    assert view.incidence_deg == pytest.approx(37.9, abs=0.1)
    assert view.towards_ground == (up < 0)


def test_no_line_of_sight_from_nothing() -> None:
    assert raster.line_of_sight(east=0.0, north=0.0, up=0.0) is None
    assert raster.line_of_sight(east=float("nan"), north=0.0, up=1.0) is None


def test_bands_of_both_vector_products_are_read_by_name(tmp_path: Path) -> None:
    values = np.full((3, 40, 40), 0.5, dtype="float32")
    for acronym, order in (("cosenu", (0.6, 0.1, -0.79)), ("cosneu", (0.1, 0.6, -0.79))):
        values[:] = np.array(order, dtype="float32")[:, None, None]
        path = tmp_path / f"{acronym}.tiff"
        with rasterio.open(
            path, "w", driver="GTiff", height=40, width=40, count=3, dtype="float32", crs="EPSG:4326",
            transform=Affine(0.01, 0, 20, 0, -0.01, 41),
        ) as dataset:  # fmt: skip
            dataset.write(values)
        with raster.opened(path) as dataset:
            view = raster.read_line_of_sight(dataset, BY_ACRONYM[acronym], mask.scan(dataset))
        assert view is not None
        assert view.azimuth_deg == pytest.approx(80.54, abs=0.05)
