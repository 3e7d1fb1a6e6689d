"""Addresses of folders and files. Pure: nothing is looked up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from catalog_builder.errors import TreeNotFound

GDAL_PREFIXES = {"s3": "/vsis3/", "gs": "/vsigs/", "az": "/vsiaz/"}
"""Schemes of object stores, and under what GDAL reads them."""


@dataclass(frozen=True, slots=True, order=True)
class ObjectPath:
    """A folder or file of an object store, with as much of the surface of `pathlib.Path` as a builder needs.

    What stores call a prefix is a folder here, so that `s3://bucket/a` never means `s3://bucket/ab`.

    >>> package = ObjectPath("s3", "bucket", "region") / "package"
    >>> str(package), package.name, str(package.parent)
    ('s3://bucket/region/package', 'package', 's3://bucket/region')
    """

    scheme: str
    bucket: str
    key: str = ""
    """Without slashes at its ends; empty for the bucket itself."""

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.key}".rstrip("/")

    def __truediv__(self, name: str) -> ObjectPath:
        return ObjectPath(self.scheme, self.bucket, f"{self.key}/{name}" if self.key else name)

    @property
    def name(self) -> str:
        """What follows the last slash; empty for a bucket."""
        return self.key.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """Name without its suffix."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """Last suffix of the name, with its dot."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> ObjectPath:
        """The folder around it; a bucket is its own."""
        return ObjectPath(self.scheme, self.bucket, self.key.rpartition("/")[0])

    @property
    def parents(self) -> tuple[ObjectPath, ...]:
        """All folders around it, the nearest first, the bucket last."""
        parts = self.key.split("/")[:-1]
        return tuple(
            ObjectPath(self.scheme, self.bucket, "/".join(parts[:count])) for count in range(len(parts), -1, -1)
        )

    def resolve(self) -> ObjectPath:
        """Itself: stores have neither links nor a working directory."""
        return self

    def as_uri(self) -> str:
        """Its address as boto3, GDAL and the tools of the stores take it, which escape nothing in it."""
        return str(self)

    @property
    def gdal_path(self) -> Path:
        """What GDAL opens."""
        return Path(f"{GDAL_PREFIXES[self.scheme]}{self.bucket}/{self.key}")


Location: TypeAlias = Path | ObjectPath


def locate(text: str) -> Location:
    """A path, or an address such as `s3://bucket/prefix`.

    Raises:
        TreeNotFound: it is an address of a kind that cannot be read, or names no bucket.

    >>> locate("s3://bucket/region/"), locate("/data/region")
    (ObjectPath(scheme='s3', bucket='bucket', key='region'), PosixPath('/data/region'))
    """
    scheme, mark, rest = text.partition("://")
    if not mark or "/" in scheme:
        return Path(text)
    bucket, _, key = rest.partition("/")
    if scheme.lower() not in GDAL_PREFIXES or not bucket:
        known = ", ".join(f"{name}://bucket/prefix" for name in GDAL_PREFIXES)
        msg = f"{text}: neither a path nor an address of an object store ({known})"
        raise TreeNotFound(msg)
    return ObjectPath(scheme.lower(), bucket, key.strip("/"))


def relative(path: Location, folder: Location) -> str | None:
    """The way from a folder to what it holds, with slashes, `.` for itself; None when it does not hold it.

    >>> relative(locate("s3://bucket/a/b"), locate("s3://bucket/a")), relative(locate("/a"), locate("s3://bucket"))
    ('b', None)
    """
    if isinstance(path, Path) and isinstance(folder, Path):
        whole, part = path.as_posix(), folder.as_posix()  # whose texts are normal: pathlib compares part by part
    elif isinstance(path, ObjectPath) and isinstance(folder, ObjectPath):
        whole, part = str(path), str(folder)
    else:
        return None
    if whole == part:
        return "."
    part = part if part.endswith("/") else f"{part}/"
    return whole[len(part) :] if whole.startswith(part) else None
