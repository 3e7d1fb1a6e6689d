"""Paths of packages → their files, listed and read: in a folder or in a zip archive, on a disk or in a store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from catalog_builder.errors import PackageRefused
from catalog_builder.location import Contents, Location, at, relative
from catalog_builder.packages import archive
from catalog_builder.packages.model import PackageFile, PackagePath

MAX_TEXT_BYTES = 16 * 2**20
"""Largest text that is read; the longest list of a real package has some thousand lines."""
_TAKEN: ContextVar[dict[Location, str] | None] = ContextVar("checksums_taken", default=None)


def list_package_files(found: PackagePath, *, checksums: bool = False) -> list[PackageFile]:
    """Regular files of a package, by name.

    Args:
        found: the package.
        checksums: read every file whole for its SHA-256.

    Raises:
        PackageRefused: it cannot be listed, or is an archive that is damaged or unsafe.
    """
    return _in_archive(found, checksums=checksums) if found.is_archive else _in_folder(found, checksums=checksums)[0]


def list_package(
    found: PackagePath, *, checksums: bool = False
) -> tuple[list[PackageFile], list[tuple[str, str, str]]]:
    """Regular files of a package by name; and what else is in its folder, with the kind of its check and the reason.

    Raises:
        PackageRefused: it cannot be listed, or is an archive that is damaged or unsafe.
    """
    if found.is_archive:
        return _in_archive(found, checksums=checksums), []
    members, folder, contents = _in_folder(found, checksums=checksums)
    strange = [("missing file", name, f"{name} is {what}") for name, what in contents.unusable.items()]
    if contents.links:
        root = at_root(found.root)
        for name in contents.links:
            target = real_path(folder / name)
            if relative(target, root) is None:
                reason = f"{name} leads outside the trees, to {target}: /data/ does not publish it"
                strange.append(("outside", name, reason))
    return members, strange


@lru_cache(maxsize=16)
def at_root(root: Location) -> Location:
    """The place of a tree without links."""
    return real_path(root)


def real_path(path: Location) -> Location:
    """The path without links; a link that leads in a circle is where it stands."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path


def archive_file(found: PackagePath, *, checksums: bool = False) -> PackageFile | None:
    """The archive of a package itself; None for a directory.

    Raises:
        PackageRefused: it cannot be read.
    """
    if not found.is_archive:
        return None
    try:
        facts = found.facts or at(found.path).facts()
    except OSError as error:
        raise PackageRefused(str(found.path), f"cannot be read: {error.strerror}") from error
    return PackageFile(
        name=found.path.name,
        path=found.path,
        size_bytes=facts.size_bytes,
        modified_ns=facts.modified_ns,
        sha256=checksum(found.path) if checksums else None,
    )


def read_bytes(member: PackageFile, *, max_bytes: int = MAX_TEXT_BYTES) -> bytes:
    """Content of a text of a package, or of another small file.

    Raises:
        PackageRefused: it cannot be read or is longer than any real one.
    """
    try:
        if member.entry is not None:
            content = archive.read_entry(member.path, member.entry, max_bytes=max_bytes + 1)
        else:
            content = at(member.path).read(min(max_bytes, member.size_bytes) + 1)
    except OSError as error:
        raise PackageRefused(str(member.path.parent), f"{member.name} cannot be read: {error.strerror}") from error
    if len(content) > max_bytes:
        raise PackageRefused(str(member.path), f"{member.name} is longer than {max_bytes} bytes")
    return content


def check_packed(member: PackageFile) -> None:
    """Compare a packed entry of an archive with its CRC, which GDAL does not: bent ones unpack to other values.

    Raises:
        PackageRefused: it is not what was packed.
    """
    if member.entry is not None and member.byte_range is None:
        archive.check_entry(member.path, member.entry)


def contents_of(folder: Location) -> tuple[Location, Contents]:
    """The folder that holds the files of a package, and what is in it.

    Unpacking into a folder of the archive's name gives the package in a folder of the same name: it is looked into.

    Raises:
        OSError: it cannot be listed.
    """
    contents = at(folder).contents()
    if not contents.files and folder.name in contents.folders:
        folder = folder / folder.name
        contents = at(folder).contents()
    return folder, contents


def _in_folder(found: PackagePath, *, checksums: bool) -> tuple[list[PackageFile], Location, Contents]:
    try:
        folder, contents = contents_of(found.path)
    except OSError as error:
        raise PackageRefused(str(found.path), f"cannot be listed: {error.strerror}") from error
    members = [
        PackageFile(
            name=name,
            path=folder / name,
            size_bytes=facts.size_bytes,
            modified_ns=facts.modified_ns,
            sha256=checksum(folder / name) if checksums else None,
        )
        for name, facts in contents.files.items()
    ]
    return members, folder, contents


def _in_archive(found: PackagePath, *, checksums: bool) -> list[PackageFile]:
    """Times are the archive's own: those of its entries have no time zone."""
    whole = archive_file(found)
    assert whole is not None  # noqa: S101 (the caller asked)
    return [
        PackageFile(
            name=entry.name,
            path=found.path,
            entry=entry.path,
            byte_range=entry.byte_range,
            size_bytes=entry.size_bytes,
            modified_ns=whole.modified_ns,
            sha256=archive.entry_sha256(found.path, entry.path) if checksums else None,
        )
        for entry in archive.list_entries(found.path, found.name)
    ]


@contextmanager
def checksums_once() -> Iterator[None]:
    """In this block and thread, each file is read once for its checksum."""
    token = _TAKEN.set({})
    try:
        yield
    finally:
        _TAKEN.reset(token)


def checksum(path: Location) -> str:
    """SHA-256 of a file, hexadecimal.

    Raises:
        PackageRefused: it cannot be read.
    """
    taken = _TAKEN.get()
    if taken is None:
        return _sha256(path)
    if path not in taken:
        taken[path] = _sha256(path)
    return taken[path]


def _sha256(path: Location) -> str:
    digest = hashlib.sha256()
    try:
        for block in at(path).blocks():
            digest.update(block)
    except OSError as error:
        raise PackageRefused(str(path.parent), f"{path.name} cannot be read: {error.strerror}") from error
    return digest.hexdigest()
