"""Traps in what packages hold: sidecars and rasters."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from trap_rows import Fate, trap
from trap_tree import Corner, lookup_table, tiff

# Sidecars.


@trap("sidecars in every form say the same")
def _(here: Corner) -> Iterator[Fate]:
    said = f"Relative_orbit_number: {here.orbit:03d}\nOrbit_direction: ASCENDING\nUsed_DEM: SRTM\nUser_ID: N/a\n"
    forms = (said.encode(), said.replace(": ", " ").encode(), f"Author: Régis\n{said}".encode("latin-1"),
             said.replace("\n", "\r\n").encode("utf-8-sig"), said.encode("utf-16"), (said * 3).encode())  # fmt: skip
    for number, form in enumerate(forms):
        pair = here.pair(run=f"{number}-")
        here.meta(pair, form)
        yield pair, "catalogued", ""
    yield here.folder.parent, "warned", "unknown keys in .meta files: "


@trap("scenes over midnight")
def _(here: Corner) -> Iterator[Fate]:
    scene = "S1A_IW_SLC__1SDV_{}T235950_{}T000017_{:06d}_01CBB8_3A0F.SAFE"
    orbit = 72 + here.orbit + 17500
    days = (("20160101", "20160102"), ("20151231", "20160101"))
    for number, (start, stop) in enumerate(days):
        pair = here.pair(run=f"{number}-")
        here.meta(pair, f"Master_SAR_image_ID: {scene.format(start, stop, orbit)}\n")
        yield pair, "catalogued", ""
    pair = here.pair(run="5-")
    here.meta(pair, f"Master_SAR_image_ID: {scene.format('20160103', '20160104', orbit)}\n")
    yield pair, "contradicts", "of 2016-01-03, the package's reference date is 2016-01-01"


@trap("repeated keys that contradict")
def _(here: Corner) -> Iterator[Fate]:
    pair = here.pair()
    here.meta(pair, f"Relative_orbit_number: {here.orbit}\nRelative_orbit_number: {here.orbit + 1}\n")
    yield pair, "contradicts", f"Relative_orbit_number of a .meta is {here.orbit + 1}"


@trap("dates, orbits and baselines that contradict the name")
def _(here: Corner) -> Iterator[Fate]:
    here.auxiliary(run="1-")
    yield here.folder / here.name("DAUX", last="2016-01-25", run="1-"), "catalogued", ""
    lines = {
        "Date_of_measurement_start: 2016-01-02T12:00:00Z": "Date_of_measurement_start",
        "Orbit_direction: DESCENDING": "Orbit_direction",
        "Perpendicular_baseline: 99.5": "by baseline.rsc it is -50.000 m",
    }
    for number, (line, word) in enumerate(lines.items()):
        pair = here.pair(run="1-", first=f"2016-01-{1 + 12 * (number == 1):02d}", last=f"2016-01-{13 + 6 * number:02d}")
        if "Perp" in line:
            shutil.rmtree(pair)
            pair = here.pair(run="1-", first="2016-01-13", last="2016-01-01")
        here.meta(pair, f"{line}\n")
        yield pair, "withheld" if "Perp" in line else "contradicts", word


@trap("a file of another pair")
def _(here: Corner) -> Iterator[Fate]:
    pair = here.pair()
    tiff(pair / "CNES_InW_geo_20160101_20160125_8rlks.tiff")
    yield pair, "contradicts", "is of 2016-01-01/2016-01-25, the package of 2016-01-01/2016-01-13"
    pair = here.pair(run="2-")
    tiff(pair / "CNES_InW_geo_20160101_20160132_8rlks.tiff")
    yield pair, "refused", "'20160132'"


@trap("lines of lists that are no data: the list is used without them")
def _(here: Corner) -> Iterator[Fate]:
    sound = {
        "baseline.rsc": "20160101 0 0 0 2016.0\n20160113 50 12 0 2016.0328\n20160125 -30 24 0 2016.0656\n",
        "interf_pair.rsc": "20160101 20160113\n20160113 20160125\n20160101 20160125\n",
        "list_unw_frac.txt": "20160101 20160113 0.9\n20160113 20160125 0.8\n20160101 20160125 0.7\n",
    }
    values = ("1e30", "5.0D+01", "****", "5,0", "nan")
    bad = {
        "baseline.rsc": (
            *(f"20160113 {value} 12 0 2016.0328" for value in values),
            *("20160199 50 12 0 2016.0328", "20160113 12 0 2016.0328", "20160113 50 12 0 2016.2"),
            "20160113 50 13 0 2016.0328",
        ),
        "interf_pair.rsc": ("20160113 2016-01-25", "20160113", "20160113 20160113", "20160113 20190125"),
        "list_unw_frac.txt": ("20160113 0.8", *(f"20160113 20160125 {value}" for value in ("87.5", "87%", "inf"))),
    }
    for number, (name, line) in enumerate((name, line) for name, lines in bad.items() for line in lines):
        package = here.auxiliary(run=f"{number + 1}-")
        lines = sound[name].splitlines()
        (package / name).write_text("\n".join([lines[0], line, lines[2], ""]))
        yield package, "catalogued", ""
        yield package / name, "warned", "line 2: "
    package = here.auxiliary(run="90-")
    (package / "interf_pair.rsc").write_text(sound["interf_pair.rsc"][:-3])
    yield package, "catalogued", ""
    yield package / "interf_pair.rsc", "warned", "'201601' is not a date"
    package = here.auxiliary(run="91-")
    (package / "list_unw_frac.txt").write_text("")
    yield package, "catalogued", ""
    yield package / "list_unw_frac.txt", "warned", "holds no line of data"


@trap("the cube and its dates")
def _(here: Corner) -> Iterator[Fate]:
    series = here.series(run="1-")
    with (series / "RMSdate.txt").open("a") as file:
        file.write("4 20160120 0.1\n")
    yield series, "withheld", "has 3 bands, RMSdate.txt 4 dates"
    yield series, "warned", "none of the 2 pairs of RMSinterfero.txt has a package"
    yield series / "RMSdate.txt", "warned", "line 4: number 4 where 3 is due"
    series = here.series(run="2-")
    (series / "RMSdate.txt").write_text("1 20160101 0\n2 20160101 0\n3 20160125 0\n")
    yield series, "withheld", "of which 2 differ"
    yield series, "warned", "none of the 2 pairs of RMSinterfero.txt has a package"
    series = here.series(run="3-")
    (series / "RMSdate.txt").write_text("1 20160101 0\n3 20160125 0\n2 20160113 0\n")
    yield series, "withheld", "holds 2016-01-13 after 2016-01-25"
    yield series, "warned", "none of the 2 pairs of RMSinterfero.txt has a package"


@trap("the newer of two series of one track is the one")
def _(here: Corner) -> Iterator[Fate]:
    old, new = here.series(2), here.series(3)
    yield old, "refused", f"makes the same item as {new}"
    yield new, "catalogued", ""
    yield new, "warned", "none of the 2 pairs"


# Rasters.


@trap("rasters that are cut, or no TIFF")
def _(here: Corner) -> Iterator[Fate]:
    contents = (b"", b"II*\0", b"<VRTDataset/>", b"\x89PNG\r\n\x1a\n", b"junk" * 999)
    for number, content in enumerate(contents):
        pair = here.pair(run=f"{number}-")
        path = min(pair.glob("CNES_InU*"))
        path.write_bytes(content)
        yield pair, "refused", path.name
    pair = here.pair(run="9-")
    path = min(pair.glob("CNES_Coh*"))
    path.write_bytes(path.read_bytes()[:-1])
    yield pair, "refused", f"{path.name} is truncated"


@trap("rasters without a valid pixel, and without any footprint")
def _(here: Corner) -> Iterator[Fate]:
    for number, value in enumerate((0.0, float("nan"), float("inf"))):
        pair = here.pair(run=f"{number}-")
        for path in pair.glob("CNES_*"):
            tiff(path, values=value)
        yield pair, "refused", "no footprint"
    pair = here.pair(run="7-")
    yield pair, "catalogued", ""
    yield tiff(min(pair.glob("CNES_Coh*")), values=0.0), "warned", "has no valid pixel"


@trap("coherence that is none, in other units, or with pixels that cannot be")
def _(here: Corner) -> Iterator[Fate]:
    for number, value in enumerate((-0.5, 3.0, 200.0, 3e38)):
        pair = here.pair(run=f"{number}-")
        yield pair, "catalogued", ""
        yield tiff(min(pair.glob("CNES_Coh*")), values=value), "warned", "pixels read of"
    for number, (value, dtype, word) in enumerate(((87.5, "float32", "in percent"), (90, "int16", "in percent"),
                                                   (200, "uint8", "in bytes")), start=10):  # fmt: skip
        pair = here.pair(run=f"{number}-")
        yield pair, "catalogued", ""
        yield tiff(min(pair.glob("CNES_Coh*")), values=value, dtype=dtype), "warned", word
    pair = here.pair(run="20-")
    yield pair, "catalogued", ""
    tiff(min(pair.glob("CNES_Coh*")), values=1.0001)
    pair = here.pair(run="21-")
    yield pair, "catalogued", ""
    yield tiff(min(pair.glob("CNES_Coh*")), bands=2), "warned", "has 2 bands, expected 1"


@trap("ground geometry without coordinates or in others, and radar geometry with them")
def _(here: Corner) -> Iterator[Fate]:
    pair = here.pair(run="1-")
    yield pair, "catalogued", ""
    yield tiff(min(pair.glob("CNES_InU*")), corner=None), "warned", "has no coordinate reference system"
    pair = here.pair(run="2-")
    yield pair, "catalogued", ""
    radar = pair / "CNES_InU_radar_20160101_20160113_8rlks.tiff"
    yield tiff(radar), "warned", "radar geometry has none"
    pair = here.pair(run="3-")
    tiff(min(pair.glob("CNES_InU*")), crs="EPSG:32634")
    yield pair, "catalogued", ""
    pair = here.pair(run="4-")
    for path in pair.glob("CNES_*"):
        yield tiff(path, corner=(380.0, 41.0)), "warned", "its footprint is shifted"
    yield pair, "catalogued", ""


@trap("footprints that are misplaced")
def _(here: Corner) -> Iterator[Fate]:
    words = {"region": "BALKANS", "run": "1-"}
    swapped = here.pair(**words)
    for path in swapped.glob("CNES_*"):
        tiff(path, corner=(41.0, 20.0))
    yield swapped, "contradicts", "latitude and longitude look swapped"
    off = here.pair(**words | {"last": "2016-01-25"})
    for path in off.glob("CNES_*"):
        tiff(path, corner=(178.0, 89.9), crs="EPSG:4326")
    yield off, "contradicts", "is not in Balkans"
    table = here.auxiliary(**words)
    min(table.glob("CNES_Cos*")).unlink()
    lookup_table(table / "CNES_Lut_radar_8rlks.tiff", swapped=True)
    yield table, "contradicts", "latitude and longitude look swapped"


@trap("line-of-sight vectors that cannot be")
def _(here: Corner) -> Iterator[Fate]:
    faults = {
        (-0.6, 0.13, -0.79): "descending orbit",
        (0.13, 0.6, -0.79): "no Sentinel-1",
        (6.0, 1.3, -7.9): "of length",
        (0.99, 0.1, -0.1): "incidence",
    }
    for number, (vector, word) in enumerate(faults.items()):
        package = here.auxiliary(run=f"{number}-")
        yield package, "catalogued", ""
        yield tiff(package / "CNES_CosENU_geo_8rlks.tiff", bands=3, values=vector), "warned", word


@trap("radar geometry alone: from the lookup table, from a sibling, and from nothing")
def _(here: Corner) -> Iterator[Fate]:
    package = here.auxiliary(run="1-")
    vector = min(package.glob("CNES_Cos*"))
    tiff(vector.with_name("CNES_CosENU_radar_8rlks.tiff"), bands=3, corner=None, values=(0.6, 0.13, -0.79))
    vector.unlink()
    lookup_table(package / "CNES_Lut_radar_8rlks.tiff")
    yield package, "catalogued", ""
    texts = ("", "", "POLYGON((20 41, 20.2 40.2, 21 40.1, 20.8 41))", "POLYGON((41 20, 40.2 20.2, 40.1 21, 41 20.8))",
             "POLYGON((20 41, 20 40, 21 40, 21 41))", "POLYGON((120 41, 120.2 40.2, 121 40.1))",
             "POLYGON((x y))")  # fmt: skip
    for number, text in enumerate(texts, start=1):
        end, reason = ("refused", "no footprint") if number in {2, 5, 6, 7} else ("catalogued", "")
        pair = here.pair(run=f"{number}-", region="BALKANS" if text else "SHOWCASE")
        if text:
            meta = here.meta(pair, f"Bounding_box_wkt: {text}\n")
            if end == "catalogued":
                yield meta, "warned", "the raster inu_geo that it belongs to is not"
        for path in pair.glob("CNES_*.tiff"):
            tiff(path.with_name(path.name.replace("geo", "radar")), corner=None)
            path.unlink()
        yield pair, end, reason
