"""Folders and files in an object store, through obstore (extra `object-store`)."""

from __future__ import annotations

import errno
import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from types import TracebackType
from typing import Any, TypeVar

import obstore
from obstore import store as stores
from obstore.exceptions import (
    BaseError,
    InvalidPathError,
    PermissionDeniedError,
    UnauthenticatedError,
)

from catalog_builder.errors import StoreError
from catalog_builder.location.access import (
    CONNECT_TIMEOUT_S,
    REQUEST_TIMEOUT_S,
    RETRIES,
    Variables,
    access_of,
    variables,
)
from catalog_builder.location.address import ObjectPath
from catalog_builder.location.handle import Contents, Entry, Facts, OpenFile, StoreEntry

T = TypeVar("T")

BLOCK_BYTES = 16 * 2**10
"""What one request fetches at least when an object is read here and there."""
KEPT_BLOCKS = 64
LARGE_BYTES = 8 * 2**20
"""What is fetched at most by one request."""
NEAR_BYTES = 4096
"""Stretches closer than this are fetched by one request."""

_LOGIN_FAULTS = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "RequestTimeTooSkewed")
_XML_FAULT = re.compile(r"<Code>([^<]*)</Code>(?:\s*<Message>([^<]*)</Message>)?")
_SERVER = re.compile(r"(https?://[^/\s?]+)")
_CAUSE = re.compile(r'(?:message|error): "([^"]*)"')
_TIMEOUT = "TimedOut"
_METADATA_SERVICE = "169.254.169.254"
_NO_CREDENTIALS = "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_NO_SIGN_REQUEST=YES"


@dataclass(frozen=True, slots=True)
class StoreHandle:
    """A folder (prefix) or file (object) of a store."""

    path: ObjectPath

    def is_folder(self) -> bool:
        """Whether anything lies below it.

        Raises:
            StoreError: it may not be listed.
        """
        try:
            files, folders = self.files()
        except PermissionError as error:
            msg = f"{self.path}: {error.strerror}"
            raise StoreError(msg) from error
        return bool(files or folders)

    def is_file(self) -> bool:
        """Whether it is an object that we may see."""
        try:
            self.facts()
        except OSError:
            return False
        return True

    def is_gone(self) -> bool:
        """Whether there is certainly neither such an object nor anything below it."""
        try:
            files, folders = self.files()
            if files or folders:
                return False
            self.facts()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return False

    def scan(self) -> list[Entry]:
        """What a folder holds, by name: one listing, however much lies in its own folders."""
        files, folders = self.files()
        entries = [StoreEntry(name, facts) for name, facts in files.items()]
        return sorted([*entries, *map(StoreEntry, folders)], key=lambda entry: entry.name)

    def files(self) -> tuple[dict[str, Facts], set[str]]:
        """Objects of a folder by name, and names of its folders: one listing."""
        key = self.path.key
        found = self._ask(lambda store: obstore.list_with_delimiter(store, key or None))
        # The empty object that some tools make to mark a folder has the folder's own name.
        metas = {meta["path"].rpartition("/")[2]: _facts(meta) for meta in found["objects"] if meta["path"] != key}
        return dict(sorted(metas.items())), {name.rpartition("/")[2] for name in found["common_prefixes"]}

    def contents(self) -> Contents:
        """Objects and folders: stores have nothing else."""
        return Contents(*self.files())

    def identity(self) -> Hashable:
        """Its address: stores have no links."""
        return self.path

    def facts(self) -> Facts:
        """Size, time and mark of an object."""
        return _facts(self._ask(lambda store: obstore.head(store, self.path.key)))

    def blocks(self) -> Iterator[bytes]:
        """Content of an object: by one request, or of a large one by several, each short enough to be repeated."""
        first = self.read(LARGE_BYTES)
        yield first
        if len(first) < LARGE_BYTES:
            return
        with self.open() as file:
            file.seek(LARGE_BYTES)
            while block := file.read(LARGE_BYTES):
                yield block

    def read(self, limit: int) -> bytes:
        """The first bytes of an object, at most `limit`, by one request unless there are more."""
        key = self.path.key

        def question(store: Any) -> bytes:
            found = obstore.get(store, key)
            is_short = found.meta["size"] <= limit
            return bytes(found.bytes() if is_short else obstore.get_range(store, key, start=0, length=limit))

        return self._ask(question)

    def open(self) -> OpenFile:
        """Open an object for reading here and there."""
        return _StoreFile(self.path)

    def _ask(self, question: Callable[[Any], T]) -> T:
        return _ask(self.path, question)


class _StoreFile:
    """An object read here and there, in blocks of which the last used are kept. Its end comes at once."""

    def __init__(self, path: ObjectPath) -> None:
        self._path = path
        self._position = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._size, self._tail = _ask(path, lambda store: _end_of(store, path.key))

    def __enter__(self) -> _StoreFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._blocks.clear()

    def tell(self) -> int:
        """Where we are."""
        return self._position

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go there."""
        position = offset + (0, self._position, self._size)[whence]
        if position < 0:
            raise OSError(errno.EINVAL, "a place before its start")
        self._position = position
        return position

    def read(self, size: int = -1, /) -> bytes:
        """Bytes from here on, all for a negative size."""
        start = min(self._position, self._size)
        stop = self._size if size < 0 else min(start + size, self._size)
        self._position = stop
        if start >= self._size - len(self._tail):
            offset = self._size - len(self._tail)
            return self._tail[start - offset : stop - offset]
        if stop - start > BLOCK_BYTES:
            return self._fetch(start, stop)
        blocks = range(start // BLOCK_BYTES, max(start, stop - 1) // BLOCK_BYTES + 1)
        content = b"".join(self._block(number) for number in blocks)
        offset = blocks[0] * BLOCK_BYTES
        return content[start - offset : stop - offset]

    def read_ranges(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Some stretches at once, each given by its start and length; shorter where the file ends before."""
        inside = [(start, min(start + length, self._size)) for start, length in ranges]
        if any(start < 0 or start >= stop for start, stop in inside):
            raise OSError(errno.EINVAL, "a place beyond its ends")
        starts, stops = [start for start, _ in inside], [stop for _, stop in inside]

        def question(store: Any) -> list[Any]:
            return obstore.get_ranges(store, self._path.key, starts=starts, ends=stops, coalesce=NEAR_BYTES)

        return [bytes(stretch) for stretch in _ask(self._path, question)]

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            start = number * BLOCK_BYTES
            self._blocks[number] = self._fetch(start, min(start + BLOCK_BYTES, self._size))
            if len(self._blocks) > KEPT_BLOCKS:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(number)
        return self._blocks[number]

    def _fetch(self, start: int, stop: int) -> bytes:
        if start == stop:
            return b""
        key = self._path.key
        return bytes(_ask(self._path, lambda store: obstore.get_range(store, key, start=start, end=stop)))


def _end_of(store: Any, key: str) -> tuple[int, bytes]:
    """Size of an object and its last bytes, by one request where the store counts from the end."""
    try:
        found = obstore.get(store, key, options={"range": {"suffix": BLOCK_BYTES}})
    except BaseError:  # of a store that cannot count from the end, or an object without any byte
        return int(obstore.head(store, key)["size"]), b""
    return int(found.meta["size"]), bytes(found.bytes())


def _facts(meta: Any) -> Facts:
    since = (meta["last_modified"] - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return Facts(size_bytes=int(meta["size"]), modified_ns=since * 1000, tag=meta["e_tag"])


def _ask(path: ObjectPath, question: Callable[[Any], T]) -> T:
    try:
        return question(_store_of(path.scheme, path.bucket, variables()))
    except (BaseError, OSError) as error:
        raise _fault(path, error) from error


@cache
def _store_of(scheme: str, bucket: str, environ: Variables) -> Any:
    """A bucket as the environment says that it is reached; obstore reads there too what is not handed on."""
    access = access_of(scheme, dict(environ))
    seconds = timedelta(seconds=1)
    config: Any = access.store
    return stores.from_url(
        f"{scheme}://{bucket}",
        config=config,
        client_options={
            "allow_http": access.is_plain_http,
            "connect_timeout": CONNECT_TIMEOUT_S * seconds,
            "timeout": REQUEST_TIMEOUT_S * seconds,
        },
        retry_config={"max_retries": RETRIES, "retry_timeout": REQUEST_TIMEOUT_S * seconds},
    )


def _fault(path: ObjectPath, error: Exception) -> Exception:
    """What obstore raised, as one of this project: of this object or folder alone, or of the store."""
    reason = _reason(error)
    if isinstance(error, FileNotFoundError):
        return FileNotFoundError(errno.ENOENT, "no such object")
    if isinstance(error, InvalidPathError):
        return OSError(errno.EINVAL, "it holds a name with an empty part, '.' or '..', which cannot be read")
    if isinstance(error, PermissionDeniedError | UnauthenticatedError) and not reason.startswith(_LOGIN_FAULTS):
        return PermissionError(errno.EACCES, reason)
    return StoreError(f"{path}: {reason}")


def _reason(error: Exception) -> str:
    """One line from what the server said, else from what the network did."""
    text = str(error)
    said = _XML_FAULT.search(text)
    if said:
        return ": ".join(part for part in said.groups() if part)
    if _METADATA_SERVICE in text:
        return _NO_CREDENTIALS
    first = " ".join(text.partition("\n")[0].split())
    server, cause = _SERVER.search(first), _CAUSE.search(text)
    what = cause[1] if cause else first.rpartition(" - ")[2]
    if not server:
        return what
    if _TIMEOUT in text:
        return f"{server[1]} does not answer within {REQUEST_TIMEOUT_S} s"
    return f"{server[1]} cannot be reached: {cause[1]}" if cause else f"{server[1]}: {what}"
