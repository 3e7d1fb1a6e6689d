"""`SAMPLE.json`: what is true of a sample tree, written without any of the code that reads trees."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from catalog_builder.errors import SampleError
from catalog_builder.sample.orbits import Direction
from catalog_builder.sample.spec import SampleSpec

FILE_NAME: Final = "SAMPLE.json"
FORMAT: Final = 1
"""Raised when a newer version of this software writes other bytes for the same specification."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochTruth:
    """One date of a track."""

    date: str
    """YYYY-MM-DD."""
    mission: str
    start: str
    """ISO 8601, UTC."""
    stop: str
    perpendicular_baseline_m: float
    rms_rad: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTruth:
    """One interferogram package."""

    package: str
    """Name of its directory."""
    path: str
    """Of the directory, relative to the tree, with forward slashes."""
    reference_date: str
    secondary_date: str
    temporal_baseline_days: int
    perpendicular_baseline_m: float
    """Secondary minus reference."""
    coherence_mean: float
    """Over the pixels of `Coh_geo` that are not 0."""
    unwrapped_fraction: float
    """Share of the radar pixels of the track that are unwrapped, as in `list_unw_frac.txt`."""
    used_in_series: bool
    rms_rad: float | None
    """As in `RMSinterfero.txt`; None for a pair that is not in the series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackTruth:
    """One track portion with its packages."""

    name: str
    direction: Direction
    relative_orbit: int
    region: str
    campaign: tuple[int, int]
    folder: str
    timeseries_path: str
    auxiliary_path: str
    primary_date: str
    look_azimuth_deg: float
    incidence_centre_deg: float
    footprint: list[tuple[float, float]]
    """Closed ring of the valid area, longitude and latitude, counter-clockwise."""
    epochs: tuple[EpochTruth, ...]
    pairs: tuple[PairTruth, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleManifest:
    """The whole of a sample tree."""

    spec: SampleSpec
    tracks: tuple[TrackTruth, ...]

    def package_paths(self) -> list[str]:
        """Return the directories of all packages, relative to the tree."""
        paths: list[str] = []
        for track in self.tracks:
            paths += [track.auxiliary_path, track.timeseries_path, *(pair.path for pair in track.pairs)]
        return paths

    def write(self, directory: Path) -> None:
        """Write `SAMPLE.json` into a directory."""
        content = {"synthetic": True, "format": FORMAT, **asdict(self)}
        (directory / FILE_NAME).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, directory: Path) -> SampleManifest:
        """Read back `SAMPLE.json`.

        Raises:
            SampleError: the directory holds no sample tree, or one of another version.
        """
        path = directory / FILE_NAME
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["format"] != FORMAT:
                msg = f"{path} was written by another version; remove {directory} and write it again"
                raise SampleError(msg)
            tracks = tuple(_track(track) for track in content["tracks"])
            return cls(spec=SampleSpec(**content["spec"]), tracks=tracks)
        except FileNotFoundError:
            msg = f"{directory} is not a sample tree: it has no {FILE_NAME}"
            raise SampleError(msg) from None
        except (json.JSONDecodeError, KeyError, TypeError, OSError) as error:
            msg = f"{path} cannot be read: {error!r}"
            raise SampleError(msg) from error


def _track(content: dict[str, Any]) -> TrackTruth:
    content["campaign"] = tuple(content["campaign"])
    content["footprint"] = [(x, y) for x, y in content["footprint"]]
    content["epochs"] = tuple(EpochTruth(**epoch) for epoch in content["epochs"])
    content["pairs"] = tuple(PairTruth(**pair) for pair in content["pairs"])
    return TrackTruth(**content)
