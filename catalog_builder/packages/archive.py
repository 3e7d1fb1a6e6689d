"""Zip archives read in place: the central directory, checked before anything else is read, and single entries.

Nothing is unpacked to disk, and no name in an archive is ever used as a path of the file system. What GDAL reads
through `/vsizip/` is what was checked here.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from stat import S_IFDIR, S_IFMT, S_IFREG
from typing import IO, TypeAlias, cast

from catalog_builder.errors import PackageRefused
from catalog_builder.location import Location, OpenFile, at
from catalog_builder.packages.names import is_package_name

SUFFIX = ".zip"
OTHER_SUFFIXES = (".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tar", ".tgz", ".tbz2", ".txz", ".7z", ".rar")
"""Of archives that cannot be read in place."""
MAX_ENTRIES = 10_000
"""Entries of one archive; a package has some dozens."""
MAX_DIRECTORY_BYTES = 4 * 2**20
"""Size of the central directory, which is read whole."""
MAX_EXPANSION = 200
"""Size of an entry over its packed size. Rasters of real products reach 3, sparse ones some tens, deflate 1032."""
SMALL_BYTES = 64 * 2**20
"""Entries up to this size may expand as they like."""

_FOREIGN_FOLDERS = ("__MACOSX",)
"""Folders that archivers add beside the content."""
_ENCRYPTED = 1
_UTF8 = 0x800
_UNIX = 3
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What both the standard library and GDAL read."""
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_LOCAL_SIGNATURE = b"PK\3\4"
_FAULTS = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, RuntimeError, ValueError, OverflowError)
"""What the standard library raises on damaged archives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of a package in an archive."""

    name: str
    """Without folders."""
    path: str
    """In the archive, as it is written there."""
    size_bytes: int
    """Unpacked."""
    byte_range: tuple[int, int] | None
    """First and last byte in the archive of an entry that is stored unpacked."""


class _BoundedFile:
    """A file that gives no more at once than the largest central directory we accept."""

    def __init__(self, file: OpenFile) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def seekable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = MAX_DIRECTORY_BYTES
        elif size > MAX_DIRECTORY_BYTES:
            msg = f"its central directory is larger than {MAX_DIRECTORY_BYTES} bytes"
            raise zipfile.BadZipFile(msg)
        return self._file.read(size)


def package_of_archive(name: str) -> str:
    """Name of an archive without its suffix; the whole name if it has none.

    >>> package_of_archive("NSBAS_x.ZIP"), package_of_archive("NSBAS_x.tar.gz"), package_of_archive("NSBAS_x.txt")
    ('NSBAS_x', 'NSBAS_x', 'NSBAS_x.txt')
    """
    folded = name.lower()
    return next((name[: -len(suffix)] for suffix in (SUFFIX, *OTHER_SUFFIXES) if folded.endswith(suffix)), name)


def is_package_archive(name: str) -> bool:
    """Whether a file claims to be a package in an archive, of whatever kind."""
    return is_package_name(name) and package_of_archive(name) != name


def list_entries(archive: Location, package: str) -> list[Entry]:
    """Files of a package in an archive: those in its folder of the package's name, else those at its top, by name.

    Raises:
        PackageRefused: the archive is damaged or unsafe, or holds no such package.
    """
    with _opened(archive) as (file, content):
        infos = content.infolist()
        _check_infos(archive, infos)
        places = _places(archive, file, infos)
        _refuse_overlap(archive, list(places.values()), content.start_dir)
        folder = _folder_of(archive, [info.filename for info in infos if not info.is_dir()], package)
    entries = [
        Entry(
            name=info.filename.removeprefix(folder),
            path=info.filename,
            size_bytes=info.file_size,
            byte_range=_byte_range(info, places[info.filename]),
        )
        for info in infos
        if info.filename.startswith(folder) and "/" not in info.filename.removeprefix(folder) and not info.is_dir()
    ]
    return sorted(entries, key=lambda entry: entry.name)


def read_entry(archive: Location, path: str, *, max_bytes: int) -> bytes:
    """Content of one entry, `max_bytes` at most.

    Raises:
        PackageRefused: it cannot be unpacked.
    """
    with _opened(archive) as (_, content), content.open(path) as stream:
        return stream.read(max_bytes)


def entry_sha256(archive: Location, path: str) -> str:
    """SHA-256 of one unpacked entry, hexadecimal.

    Raises:
        PackageRefused: it cannot be unpacked.
    """
    digest = hashlib.sha256()
    for block in _blocks(archive, path):
        digest.update(block)
    return digest.hexdigest()


def check_entry(archive: Location, path: str) -> None:
    """Unpack one entry and drop it, which compares it with the archive's CRC.

    Raises:
        PackageRefused: it cannot be unpacked, or is not what was packed.
    """
    for _ in _blocks(archive, path):
        pass


def _blocks(archive: Location, path: str) -> Iterator[bytes]:
    with _opened(archive) as (_, content), content.open(path) as stream:
        while block := stream.read(2**20):
            yield block


_Opened: TypeAlias = tuple[OpenFile, zipfile.ZipFile]
_KEPT: ContextVar[tuple[dict[Location, _Opened], ExitStack] | None] = ContextVar("_KEPT", default=None)


@contextmanager
def kept_open() -> Iterator[None]:
    """Within, an archive is opened once, however many of its entries are read."""
    with ExitStack() as stack:
        token = _KEPT.set(({}, stack))
        try:
            yield
        finally:
            _KEPT.reset(token)


@contextmanager
def _opened(archive: Location) -> Iterator[_Opened]:
    kept = _KEPT.get()
    try:
        if kept is None:
            with ExitStack() as stack:
                yield _open(archive, stack)
            return
        opened, stack = kept
        if archive not in opened:
            opened[archive] = _open(archive, stack)
        yield opened[archive]
    except _FAULTS as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
        raise PackageRefused(str(archive), f"the archive cannot be read: {reason}") from error


def _open(archive: Location, stack: ExitStack) -> _Opened:
    file = stack.enter_context(at(archive).open())
    return file, stack.enter_context(zipfile.ZipFile(cast("IO[bytes]", _BoundedFile(file))))


def _check_infos(archive: Location, infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > MAX_ENTRIES:
        raise PackageRefused(str(archive), f"the archive has {len(infos)} entries, more than {MAX_ENTRIES}")
    for info in infos:
        fault = _fault_of(info)
        if fault:
            raise PackageRefused(str(archive), f"the archive's entry {info.orig_filename!r} {fault}")
    [(name, count)] = Counter(info.filename for info in infos).most_common(1) or [("", 0)]
    if count > 1:
        raise PackageRefused(str(archive), f"the archive has {count} entries named {name!r}")


def _fault_of(info: zipfile.ZipInfo) -> str | None:
    """What forbids to read an entry, or None."""
    name = info.orig_filename
    parts = name.removesuffix("/").split("/")
    kind = S_IFMT(info.external_attr >> 16) if info.create_system == _UNIX else 0
    expands = info.file_size > SMALL_BYTES and info.file_size > MAX_EXPANSION * info.compress_size
    faults = (
        (name != info.filename or not name.isprintable() or "\\" in name or ":" in parts[0], "has no plain name"),
        (any(part in {"", ".", ".."} for part in parts), "has an absolute name or one with '.' or '..'"),
        (kind not in {0, S_IFREG, S_IFDIR}, "is a link or device, not a file"),
        (info.flag_bits & _ENCRYPTED, "is encrypted"),
        (info.compress_type not in _METHODS, "is packed by a method other than deflate"),
        (expands, f"would expand from {info.compress_size} to {info.file_size} bytes"),
        (name.lower().endswith(SUFFIX), "is an archive itself: unpack it first"),
    )
    return next((text for holds, text in faults if holds), None)


def _places(archive: Location, file: OpenFile, infos: list[zipfile.ZipInfo]) -> dict[str, tuple[int, int, int]]:
    """Where each entry starts, where its data starts and where they end, by its local header."""
    names = [info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437") for info in infos]
    ranges = [(info.header_offset, _LOCAL_HEADER.size + len(name)) for info, name in zip(infos, names, strict=True)]
    places = {}
    for info, name, header in zip(infos, names, file.read_ranges(ranges), strict=True):
        is_whole = header.startswith(_LOCAL_SIGNATURE) and header[_LOCAL_HEADER.size :] == name
        name_length, extra_length = _LOCAL_HEADER.unpack_from(header)[-2:] if is_whole else (-1, 0)
        if name_length != len(name):
            raise PackageRefused(str(archive), f"the archive is truncated or damaged at {info.filename!r}")
        start = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length
        places[info.filename] = info.header_offset, start, start + info.compress_size
    return places


def _refuse_overlap(archive: Location, places: list[tuple[int, int, int]], directory: int) -> None:
    """Entries that share bytes make small archives expand without end."""
    end = 0
    for first, _, last in sorted(places):
        if first < end or last > directory:
            raise PackageRefused(str(archive), "the archive's entries overlap each other or its directory")
        end = last


def _byte_range(info: zipfile.ZipInfo, place: tuple[int, int, int]) -> tuple[int, int] | None:
    if info.compress_type != zipfile.ZIP_STORED or info.compress_size == 0:
        return None
    return place[1], place[2] - 1


def _folder_of(archive: Location, names: list[str], package: str) -> str:
    """Prefix of the package's files: its one folder of the same name with a slash, or nothing."""
    tops = {name.split("/")[0] for name in names if "/" in name} - set(_FOREIGN_FOLDERS)
    same = sorted(top for top in tops if top.casefold() == package.casefold())
    others = sorted(top for top in tops.difference(same) if is_package_name(top))
    if same and others:
        raise PackageRefused(str(archive), f"the archive holds further packages, such as {others[0]}: unpack it")
    if same:
        return f"{same[0]}/"
    if tops and not any("/" not in name for name in names):
        raise PackageRefused(str(archive), f"the archive holds {', '.join(sorted(tops)[:3])} instead of {package}")
    return ""
