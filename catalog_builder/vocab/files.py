"""The files of a package that are not `CNES_*` products: texts, lists, figures; and those that users leave behind.

Rows are tried in order; the first whose pattern matches the whole name, without regard to case, wins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

TEXT: Final = "text/plain"
PNG: Final = "image/png"
BINARY: Final = "application/octet-stream"
RASTER_EXTENSIONS: Final = ("tif", "tiff")
TEXT_EXTENSIONS: Final = ("", ".txt", ".rsc", ".proc", ".in", ".hdr", ".meta", ".metadata", ".log")
"""Of files that are texts; of others that no row and no media type tells, nothing is known."""
MEDIA_TYPES: Final = {
    ".png": PNG, ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".xml": "application/xml", ".json": "application/json",
    ".pdf": "application/pdf", ".csv": "text/csv", ".html": "text/html", ".zip": "application/zip",
    ".kml": "application/vnd.google-earth.kml+xml", ".kmz": "application/vnd.google-earth.kmz",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SideFile:
    """One documented file, or one family of files that differ by a token."""

    pattern: re.Pattern[str]
    title: str
    roles: tuple[str, ...]
    key: str | None = None
    """Asset key; None: the name of the file, lower case, with `_` for all else."""
    type: str | None = None
    """Media type where the extension does not tell it."""


def _row(pattern: str, title: str, *roles: str, key: str | None = None, media_type: str | None = None) -> SideFile:
    return SideFile(pattern=re.compile(pattern, re.IGNORECASE), title=title, roles=roles, key=key, type=media_type)


SIDE_FILES: Final = (
    _row(r"RMSdate\.txt", "Acquisition dates in band order, with RMS [rad]", "metadata", "quality", key="rms_date"),
    _row(r"RMSinterfero\.txt", "Date pairs kept in the inversion, with RMS [rad]", "metadata", "network",
         key="rms_interferogram"),
    _row(r"baseline\.rsc", "Dates and perpendicular baselines [m]", "metadata", "network", key="baseline"),
    _row(r"baseline_top_bot\.rsc", "Perpendicular baselines at the top and the bottom of the image [m]", "metadata",
         "network", key="baseline_top_bot"),
    _row(r"baseline.*\.rsc", "Dates and baselines of one sub-swath", "metadata", "network"),
    _row(r"interf_pair\.rsc", "All computed date pairs", "metadata", "network", key="interf_pair"),
    _row(r"list_unw_frac\.txt", "Unwrapped fraction of each pair", "metadata", "quality", key="list_unw_frac"),
    _row(r"nsbas\.proc", "NSBAS processing parameters", "metadata", key="processing_parameters"),
    _row(r"lect\.in", "Parameters of the time-series reader", "metadata", key="lect_in"),
    _row(r"(CNES_)?Stk-In_list_InW.*", "Wrapped interferograms of the stack", "metadata", "network",
         key="stkin_list_inw"),
    _row(r"(CNES_)?Stk-In_list_InU.*", "Unwrapped interferograms of the stack", "metadata", "network",
         key="stkin_list_inu"),
    _row(r"list_.*_inverted_img\.txt", "Correction inverted for each image", "metadata", "quality"),
    _row(r"list_.*_estimated_ifg\.txt", "Correction estimated for each interferogram", "metadata", "quality"),
    _row(r"success_coreg.*txt", "Success of the coregistration", "metadata", "quality"),
    _row(r"plot_time_lat_iw\d\.png", "Selected bursts in time and latitude", "overview"),
    _row(r"list_.*\.png", "Figure of a correction or quality list", "overview"),
    _row(r"RMSpixel", "RMS of each pixel [rad], flat float32", "data", "quality", key="rms_pixel",
         media_type="application/octet-stream"),
    _row(r"RMSpixel\.hdr", "Header of the RMS of each pixel", "metadata", key="rms_pixel_header"),
)  # fmt: skip

USER_MADE: Final = (
    r"list_images\.txt", r"images_retenues", r"inrms\.txt", r"inaps\.txt", r"(aps|sigma|ref_median)_\d+\.txt",
    r".*_(sig)?coeff\.tiff?", r"Net_.*\.tiff?", r"RMSpixel\.tiff?", r"depl_cumule.*", r"lect_ts\.in",
    r".*\.(int|unw|cor)(\.rsc)?", r"CNES_.*_(bias|HP).*\.tiff?", r".*_mmyr\.tiff?", r"nsbas_col\.proc",
    r"filtered_inter_pair\.rsc", r"readme\.txt", r"coverage\.txt", r".*_mask_.*", r".*\.aux\.xml", r"\..*",
    r"Thumbs\.db", r".*~", r".*\.(part|partial|crdownload|download|filepart|aria2|sw[opn]|bak|tmp|temp|lock)",
)  # fmt: skip
"""Files that readers of the products write beside them, and what downloads and editors leave, as patterns; never
assets."""

_USER_MADE: Final = re.compile("|".join(USER_MADE), re.IGNORECASE)


def side_file(name: str) -> SideFile | None:
    """The row of a documented file, or None."""
    return next((row for row in SIDE_FILES if row.pattern.fullmatch(name)), None)


def media_type(name: str) -> str:
    """Media type by the extension of a name.

    >>> media_type("notes.PDF"), media_type("Stk-In_list_InU"), media_type("cube.h5")
    ('application/pdf', 'text/plain', 'application/octet-stream')
    """
    _, dot, extension = name.rpartition(".")  # ten times as quick as pathlib, and asked of every file
    suffix = f".{extension.lower()}" if dot else ""
    return MEDIA_TYPES.get(suffix) or (TEXT if suffix in TEXT_EXTENSIONS else BINARY)


def is_raster(name: str) -> bool:
    """Whether the name is a TIFF's. Those of no product are not the producer's, who ships no others."""
    return name.rpartition(".")[2].lower() in RASTER_EXTENSIONS


def is_user_made(name: str) -> bool:
    """Whether the name is one that users' tools write, not the producer.

    >>> is_user_made("list_images.txt"), is_user_made("RMSdate.txt")
    (True, False)
    """
    return _USER_MADE.fullmatch(name) is not None
