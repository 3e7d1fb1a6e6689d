"""Sampling of valid areas: what is the same is told from what is not, and little is read for it."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine
from shapely.geometry import Polygon

from catalog_builder.packages.model import Grid
from catalog_builder.read import mask, raster
from catalog_builder.read.footprint import ring_of_spans

SIDE = 1400
"""Pixels of rasters that are too large to be read whole."""


def write(path: Path, values: np.ndarray, **options: object) -> Path:
    driver = options.pop("driver", "GTiff")
    with rasterio.open(
        path, "w", driver=driver, height=values.shape[0], width=values.shape[1], count=1, dtype="float32",
        crs="EPSG:4326", transform=Affine(0.01, 0, 20, 0, -0.01, 41), **options,
    ) as dataset:  # fmt: skip
        dataset.write(values.astype("float32"), 1)
    return path


def slanted(side: int = SIDE, *, shift: int = 0, top: int = 100) -> np.ndarray:
    """A track in its box: each row starts further to the left than the one above."""
    rows, columns = np.mgrid[:side, :side]
    left = side // 4 - rows // 8 + shift
    values = 0.25 + 0.5 * rows / side
    return np.where((columns >= left) & (columns < left + side // 2) & (rows >= top) & (rows < side - top), values, 0)


def scan(path: Path) -> mask.Scan:
    with raster.session(path), raster.opened(path) as dataset:
        found = mask.scan(dataset)
    assert found is not None
    return found


def compare(path: Path, known: mask.Scan) -> float | None:
    with raster.session(path), raster.opened(path) as dataset:
        return mask.compare(dataset, known.spans, known.height, known.width)


STORED = {
    "rows": {},
    "tiles": {"tiled": True, "blockxsize": 256, "blockysize": 256},
    "overviews": {"driver": "COG", "overview_resampling": "nearest"},
}


@pytest.mark.parametrize("options", STORED.values(), ids=STORED)
def test_the_same_mask_agrees_however_it_is_stored(tmp_path: Path, options: dict[str, object]) -> None:
    known = scan(write(tmp_path / "a.tiff", slanted(), **options))
    mean = compare(write(tmp_path / "b.tiff", slanted(shift=1), **options), known)
    assert mean == pytest.approx(0.5, abs=0.07)
    assert known.mean == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("options", STORED.values(), ids=STORED)
@pytest.mark.parametrize("other", [{"shift": 30}, {"shift": -30}], ids=["right", "left"])
def test_a_mask_that_is_shifted_does_not(tmp_path: Path, options: dict[str, object], other: dict[str, int]) -> None:
    known = scan(write(tmp_path / "a.tiff", slanted(), **options))
    assert compare(write(tmp_path / "b.tiff", slanted(**other), **options), known) is None


@pytest.mark.parametrize("top", [40, 160])
def test_a_mask_that_is_longer_or_shorter_does_not(tmp_path: Path, top: int) -> None:
    known = scan(write(tmp_path / "a.tiff", slanted()))
    assert compare(write(tmp_path / "b.tiff", slanted(top=top)), known) is None


def test_an_empty_raster_agrees_with_nothing(tmp_path: Path) -> None:
    known = scan(write(tmp_path / "a.tiff", slanted()))
    assert compare(write(tmp_path / "b.tiff", np.zeros((SIDE, SIDE))), known) is None


@settings(deadline=None, max_examples=30)
@given(
    side=st.integers(20, 300),
    shift=st.integers(-12, 12),
    holes=st.lists(st.tuples(st.integers(0, 299), st.integers(0, 299)), max_size=20),
)
def test_what_agrees_has_the_same_outline(tmp_path_factory, side: int, shift: int, holes: list) -> None:
    folder = tmp_path_factory.mktemp("masks")
    one, other = slanted(side, top=side // 10), slanted(side, shift=shift, top=side // 10)
    for row, column in holes:
        other[row % side, column % side] = 0
    known = scan(write(folder / "a.tiff", one))
    agrees = compare(write(folder / "b.tiff", other), known) is not None
    if abs(shift) > mask.TOLERANCE_PIXELS and side > 2 * (side // 10):
        assert not agrees
    if shift == 0 and not holes:
        assert agrees


def test_overviews_give_the_outline_of_the_raster(tmp_path: Path) -> None:
    rings = []
    for name in ("rows", "overviews"):
        seen = scan(write(tmp_path / f"{name}.tiff", slanted(), **STORED[name]))
        grid = Grid(
            height=SIDE, width=SIDE, count=1, dtype="float32", nodata=None, crs="EPSG:4326",
            transform=(0.01, 0.0, 20.0, 0.0, -0.01, 41.0), is_cog=False,
        )  # fmt: skip
        rings.append(Polygon(ring_of_spans(seen.spans, grid, height=seen.height, width=seen.width)))
    assert rings[0].intersection(rings[1]).area / rings[0].union(rings[1]).area > 0.98


def _read_bytes() -> int:
    """Bytes that this process has read from files."""
    text = Path("/proc/self/io").read_text()
    return int(text.split("rchar: ")[1].split()[0])


SHARES = {"rows": (0.1, 0.05), "tiles": (1.1, 0.3), "overviews": (0.3, 0.3)}
"""Of a file that is read at most, for an outline and to compare it."""


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="this system does not count what a process reads")
@pytest.mark.parametrize("stored", SHARES)
def test_few_bytes_are_read(tmp_path: Path, stored: str) -> None:
    """A tiled raster without overviews is read whole once a track; others are compared by a block in eight."""
    values = np.where(slanted() > 0, np.random.default_rng(1).random((SIDE, SIDE)), 0)
    path = write(tmp_path / "a.tiff", values, **STORED[stored])
    size = path.stat().st_size
    before = _read_bytes()
    known = scan(path)
    between = _read_bytes()
    assert compare(path, known) is not None
    after = _read_bytes()
    scanned, compared = SHARES[stored]
    assert (between - before) / size < scanned
    assert (after - between) / size < compared
