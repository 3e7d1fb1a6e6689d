"""Traps in the names of packages and products."""

from __future__ import annotations

import os
from collections.abc import Iterator

from trap_rows import Fate, trap
from trap_tree import Corner, lookup_table, tiff

# Names of packages.


@trap("regions with hyphens, known, unknown and in small letters")
def _(here: Corner) -> Iterator[Fate]:
    for region in ("SHOW-CASE", "ILE-DE-LA-REUNION", "ile_d-yeu", "Atlantis"):
        yield here.pair(region=region), "catalogued", ""


@trap("run numbers, each a package of its own")
def _(here: Corner) -> Iterator[Fate]:
    for run in ("", "0-", "2-", "13-"):
        yield here.pair(run=run), "catalogued", ""


@trap("subsets")
def _(here: Corner) -> Iterator[Fate]:
    for subset in ("NORD", "CENTRE", "SUD", "sud2", "_a"):
        yield here.pair(subset=subset), "catalogued", ""


@trap("swaths, one to three, and one twice")
def _(here: Corner) -> Iterator[Fate]:
    for index, swaths in enumerate(("1", "23", "123")):
        yield here.pair(swaths=swaths, run=f"{index}-"), "catalogued", ""
    yield here.pair(swaths="122"), "refused", "a sub-swath twice: IW1, IW2, IW2"


@trap("satellites")
def _(here: Corner) -> Iterator[Fate]:
    for index, satellite in enumerate(("S1A", "S1B", "S1C", "S1D")):
        yield here.pair(sat=satellite, run=f"{index}-"), "catalogued", ""
    yield here.pair(sat="S2A", run="9-"), "refused", "its name does not follow"


@trap("words for the kind, in any case")
def _(here: Corner) -> Iterator[Fate]:
    for index, kind in enumerate(("INT", "INTERF", "INTERFEROGRAM", "int")):
        yield here.pair(kind=kind, run=f"{index}-"), "catalogued", ""
    yield here.pair(here.name(run="7-").lower()), "catalogued", ""
    yield here.pair(here.name(run="8-").replace("INT", "XYZ")), "refused", "its name does not follow"


@trap("impossible names")
def _(here: Corner) -> Iterator[Fate]:
    faults = {
        here.name(last="2016-02-30"): "impossible date 2016-02-30",
        here.name(last="2016-01-01"): "both dates of the pair are 2016-01-01",
        here.name(first="2013-01-01"): "launch of the first Sentinel-1",
        here.name(track="A176"): "relative orbit 176",
        here.name(track="D000"): "relative orbit 0",
        here.name(years="2021-2014"): "ends before it starts",
        here.name(region="MÉXIQUE"): "its name does not follow",
        here.name("TS", first="2016-02-01"): "before first date",
        "NSBAS_": "its name does not follow",
        "NSBAS_" + "x" * 240: "its name does not follow",
        f"{here.name()} (copy)": "its name does not follow",
        f"{here.name()}.zip.zip": "its name does not follow",
    }
    for name, fault in faults.items():
        (here.folder / name).mkdir()
        yield here.folder / name, "refused", fault


@trap("variants of unknown meaning")
def _(here: Corner) -> Iterator[Fate]:
    for subset in ("QO", "SUDQO", "-QO"):
        yield here.pair(kind="TS", subset=subset), "ignored", "QO variant"


# Names of products.


@trap("spellings of products")
def _(here: Corner) -> Iterator[Fate]:
    pair = here.pair()
    names = ("InW_geo_20160101-20160113_era_sd_8rlks.TIF", "InWF_GEO_20160101_20160113_sd_4rlks.tiff",
             "aps_geo_20160101_20160113_16rlks.Tiff", "INU_radar_20160101_20160113_sd_era_8rlks.tiff")  # fmt: skip
    for name in names:
        tiff(pair / f"CNES_{name}", corner=None if "radar" in name else (20.0, 41.0))
    yield pair, "catalogued", ""
    series = here.series()
    for name in ("DTs_LOS_radar_8rlks.tiff", "Net_geo_8rlks.tiff", "MV_LOS_radar_8rlks.tif", "MVLOS_radar_2rlks.tif"):
        radar = "radar" in name
        tiff(series / f"CNES_{name}", corner=None if radar else (20.0, 41.0), bands=3 if "DTs" in name else 1)
    yield series, "catalogued", ""
    yield series, "warned", "1 of the 2 pairs of RMSinterfero.txt have no package"
    auxiliary = here.auxiliary()
    tiff(auxiliary / "CNES_CosNEU_geo_2rlks.tiff", bands=3, values=(-0.13, -0.6, 0.79))
    for name in ("LuT_radar_8rlks.tiff", "LUT_radar_2rlks.tiff"):
        lookup_table(auxiliary / f"CNES_{name}")
    tiff(auxiliary / "CNES_Hgt_radar_8rlks.tiff", bands=2, corner=None)
    yield auxiliary, "catalogued", ""


@trap("an unknown acronym is an asset, and told")
def _(here: Corner) -> Iterator[Fate]:
    pair = here.pair()
    yield pair, "catalogued", ""
    yield tiff(pair / "CNES_New-Thing_geo_20160101_20160113_8rlks.tiff"), "warned", "unknown product 'New-Thing'"


@trap("a product of another kind of package, and a package of products of another kind")
def _(here: Corner) -> Iterator[Fate]:
    pair = here.pair()
    yield pair, "catalogued", ""
    yield tiff(pair / "CNES_TCoh_geo_8rlks.tiff"), "warned", "a product of DAUX packages"
    series = here.folder / here.name("TS")
    series.mkdir()
    tiff(series / "CNES_CosENU_geo_8rlks.tiff", bands=3, values=(0.6, 0.13, -0.79))
    yield series, "refused", "it is named as a package of TS but holds products of DAUX"


@trap("files of users")
def _(here: Corner) -> Iterator[Fate]:
    pair = here.pair()
    yield pair, "catalogued", ""
    stem = "CNES_InU_geo_20160101_20160113"
    made = ("list_images.txt", "images_retenues", "inrms.txt", "inaps.txt", "aps_1.txt", "sigma_2.txt",
            "ref_median_3.txt", "a_coeff.tif", "a_sigcoeff.tif", "Net_1.tif", "RMSpixel.tif", "depl_cumule_liste",
            "lect_ts.in", f"{stem}_mask_8rlks.tiff", "x.int", "x.unw.rsc", "x.cor", f"{stem}_bias_8rlks.tiff",
            f"{stem}_HP_8rlks.tiff", "A056-2014-2021_MV-LOS_geo_8rlks_mmyr.tiff", "nsbas_col.proc", "readme.txt",
            "filtered_inter_pair.rsc", "coverage.txt", ".DS_Store", f"{stem}_8rlks.tiff.aux.xml",
            "notes.txt~")  # fmt: skip
    for name in made:
        (pair / name).write_bytes(b"mine")
        yield pair / name, "file", "written by a user's tool"
    for name in (f"{stem}_8rlks_clip.tiff", f"{stem}.tiff", "slope.tif"):
        (pair / name).write_bytes(b"mine")
        yield pair / name, "file", "a raster that is not named CNES_"


@trap("names in letters of other scripts, in no encoding at all, and with line breaks")
def _(here: Corner) -> Iterator[Fate]:
    for number, folder in enumerate((b"d\xc3\xa9formation", b"line\nbreak", "地震".encode(), b" ", b"d\xe9formation")):
        pair = here.pair(at=here.folder / "x", run=f"{number}-")
        at = pair.parent.rename(here.folder / os.fsdecode(folder))
        yield (
            at / pair.name,
            *(("refused", "its path is not UTF-8") if folder.startswith(b"d\xe9") else ("catalogued", "")),
        )
    pair = here.pair(run="7-")
    for name in ("été.png".encode(), b"a\nb.txt", b"%41 #?.txt", b"caf\xe9.txt", b"\xff\xfe"):
        (pair / os.fsdecode(name)).write_bytes(b"x")
        if name.startswith((b"caf", b"\xff")):
            yield pair / os.fsdecode(name), "file", "its name is not UTF-8"
    yield pair, "catalogued", ""
    broken = here.folder / os.fsdecode(b"NSBAS_d\xe9")
    broken.mkdir()
    yield broken, "refused", "its path is not UTF-8"
