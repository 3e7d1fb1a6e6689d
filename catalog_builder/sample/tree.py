"""The contents page: a specification in, a sample tree on disk out."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from catalog_builder.errors import SampleError
from catalog_builder.sample.manifest import FILE_NAME, SampleManifest
from catalog_builder.sample.orbits import FRAMES
from catalog_builder.sample.sidecars import PRODUCTION_TIME
from catalog_builder.sample.spec import SampleSpec
from catalog_builder.sample.track import write_track

Progress = Callable[[int, int, str], None]
"""Called with packages written, packages in all, and the last package's directory relative to the tree."""

_STAGING: Final = ".flatsim-sample-unfinished"
README: Final = """\
# SYNTHETIC product tree

Everything below this folder was computed by `flatsim-stac sample`. It is **not** a measurement and **not** a
CNES product: names, layout and side files follow the FLATSIM products so that software can be tried on them;
ground motion, terrain, atmosphere and noise are invented. Every `.meta` says so under the key `Note`.

`SAMPLE.json` holds what is true of the tree: dates, baselines, pairs, footprints.
"""


def write_sample(directory: Path, spec: SampleSpec, progress: Progress | None = None) -> SampleManifest:
    """Write a sample tree; the same specification gives the same bytes and modification times.

    A directory that already holds the tree of the same specification is left as it is.

    Args:
        directory: made if missing; otherwise empty, or holding this very tree.
        spec: what to write.
        progress: told of each package written.

    Raises:
        SampleError: the directory holds something else, cannot be written, or another process writes it.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with _locked(directory):
            return _present(directory, spec) or _write(directory, spec, progress or _silent)
    except OSError as error:
        msg = f"cannot write a sample tree to {directory}: {error}"
        raise SampleError(msg) from error


def _silent(_done: int, _total: int, _package: str) -> None:
    pass


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Keep other processes from writing the same tree; the lock ends with the process."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        msg = f"another process is writing a sample tree to {directory}"
        raise SampleError(msg) from None
    finally:
        os.close(handle)


def _present(directory: Path, spec: SampleSpec) -> SampleManifest | None:
    """Return the manifest of the tree that is already there; None if there is room for one."""
    shutil.rmtree(directory / _STAGING, ignore_errors=True)
    if not any(directory.iterdir()):
        return None
    if not (directory / FILE_NAME).exists():
        msg = f"{directory} is not empty and not a sample tree; choose another directory"
        raise SampleError(msg)
    manifest = SampleManifest.read(directory)
    if manifest.spec != spec:
        msg = (
            f"{directory} holds a sample tree of another specification ({manifest.spec}); "
            f"remove it or choose another directory"
        )
        raise SampleError(msg)
    missing = [path for path in manifest.package_paths() if not (directory / path).is_dir()]
    if missing:
        msg = f"{len(missing)} of the packages of {directory} are missing; remove it and write it again"
        raise SampleError(msg)
    return manifest


def _write(directory: Path, spec: SampleSpec, progress: Progress) -> SampleManifest:
    """Write beside the final place, then move everything in; `SAMPLE.json` comes last."""
    staging = directory / _STAGING
    staging.mkdir()
    done = 0

    def advance(package: str) -> None:
        nonlocal done
        done += 1
        progress(done, spec.package_count(), package)

    try:
        tracks = tuple(write_track(staging, frame, spec, advance) for frame in FRAMES[: spec.tracks])
        manifest = SampleManifest(spec=spec, tracks=tracks)
        (staging / "README.md").write_text(README, encoding="utf-8")
        manifest.write(staging)
        _settle_times(staging)
        for name in [*(track.folder for track in tracks), "README.md", FILE_NAME]:
            (staging / name).rename(directory / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    _set_time(directory)
    return manifest


def _settle_times(directory: Path) -> None:
    for folder, _, names in os.walk(directory, topdown=False):
        for name in names:
            _set_time(Path(folder, name))
        _set_time(Path(folder))


def _set_time(path: Path) -> None:
    seconds = PRODUCTION_TIME.timestamp()
    os.utime(path, (seconds, seconds))
