"""The PostgreSQL servers installed here, and which of them to run.

Debian and Ubuntu keep every major version apart, in `/usr/lib/postgresql/<major>/bin`, off the PATH.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from catalog_builder.errors import ClusterError
from catalog_builder.settings import BuilderSettings

PG_BINDIR_VARIABLE = "FLATSIM_PG_BINDIR"
OLDEST_MAJOR = 13
"""What pgstac asks for."""

_PROGRAMS = ("postgres", "initdb", "pg_ctl")
_PACKAGED = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
_VERSION = re.compile(r"\(PostgreSQL\) ((\d+)\S*)")


@dataclass(frozen=True, slots=True)
class Server:
    """One installed PostgreSQL server.

    `version` is as the server prints it ("15.18"), `major` its first number.
    """

    bindir: Path
    version: str
    major: int
    has_postgis: bool

    def program(self, name: str) -> str:
        """Path of one of its programs."""
        return str(self.bindir / name)


def parse_version(text: str) -> tuple[str, int] | None:
    """Version and major number out of what `postgres --version` prints.

    >>> parse_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)")
    ('15.18', 15)
    >>> parse_version("postgres (PostgreSQL) 19beta1")
    ('19beta1', 19)
    >>> parse_version("mysqld 8.0") is None
    True
    """
    found = _VERSION.search(text)
    return (found[1], int(found[2])) if found else None


def installed_servers(pg_bindir: Path | None = None) -> list[Server]:
    """Usable servers, newest first.

    Args:
        pg_bindir: the only folder to look in; without it `FLATSIM_PG_BINDIR` says so, and without either the
            packaged folders and the PATH are searched.

    Raises:
        ClusterError: the folder asked for holds no PostgreSQL server.
    """
    chosen = pg_bindir or BuilderSettings().pg_bindir
    if chosen is not None:
        server = _inspect(chosen)
        if server is None:
            msg = (
                f"{chosen} holds no PostgreSQL server ({', '.join(_PROGRAMS)}); "
                f"set {PG_BINDIR_VARIABLE} to the folder that does, or unset it"
            )
            raise ClusterError(msg)
        return [server]
    servers = {folder: _inspect(folder) for folder in _candidate_folders()}
    return sorted((s for s in servers.values() if s), key=lambda s: (s.major, s.version), reverse=True)


def server_for_new_cluster(servers: list[Server]) -> Server:
    """The newest server that has PostGIS.

    Raises:
        ClusterError: there is not one; the message says which packages bring one.
    """
    for server in servers:
        if server.has_postgis and server.major >= OLDEST_MAJOR:
            return server
    if not servers:
        msg = (
            "no PostgreSQL server is installed; on Debian and Ubuntu: apt-get install postgresql "
            f"postgresql-postgis (any version from {OLDEST_MAJOR}), or set {PG_BINDIR_VARIABLE}"
        )
        raise ClusterError(msg)
    newest = servers[0]
    if newest.major < OLDEST_MAJOR:
        msg = f"PostgreSQL {newest.version} is too old; {OLDEST_MAJOR} or newer is needed"
        raise ClusterError(msg)
    msg = (
        f"PostgreSQL {newest.version} in {newest.bindir} has no PostGIS; "
        f"on Debian and Ubuntu: apt-get install postgresql-{newest.major}-postgis-3"
    )
    raise ClusterError(msg)


def server_for_data(servers: list[Server], major: int, data: Path) -> Server:
    """The server of the major version that made `data`; no other can read it.

    Raises:
        ClusterError: that version is not installed; the message names it and those that are.
    """
    for server in servers:
        if server.major == major:
            return server
    there = ", ".join(f"PostgreSQL {s.version}" for s in servers) or "no PostgreSQL at all"
    msg = (
        f"{data} was made by PostgreSQL {major}, but what is installed is {there}. "
        f"Install it again (apt-get install postgresql-{major} postgresql-{major}-postgis-3), "
        "or drop the data with `flatsim-stac db reset` and load the catalogue again"
    )
    raise ClusterError(msg)


def _candidate_folders() -> list[Path]:
    folders = [path for pattern in _PACKAGED for path in Path("/").glob(pattern.lstrip("/"))]
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    pg_config = shutil.which("pg_config")
    if pg_config:
        folders.append(Path(_output([pg_config, "--bindir"])))
    return list(dict.fromkeys(folder.resolve() for folder in folders))


def _inspect(bindir: Path) -> Server | None:
    if not all(os.access(bindir / name, os.X_OK) for name in _PROGRAMS):
        return None
    parsed = parse_version(_output([str(bindir / "postgres"), "--version"]))
    if parsed is None:
        return None
    version, major = parsed
    shares = _share_folders(bindir, major)
    has_postgis = any((share / "extension" / "postgis.control").is_file() for share in shares) and _has_library(bindir)
    return Server(bindir=bindir, version=version, major=major, has_postgis=has_postgis)


def _has_library(bindir: Path) -> bool:
    """Debian keeps the scripts of an extension, in a package of its own, which may outlive it."""
    folders = (bindir.parent / "lib", bindir.parent / "lib" / "postgresql", bindir.parent / "lib64" / "pgsql")
    return any(any(folder.glob("postgis-[0-9]*.so")) for folder in folders)


def _share_folders(bindir: Path, major: int) -> list[Path]:
    folders = [Path(f"/usr/share/postgresql/{major}"), bindir.parent / "share" / "postgresql"]
    pg_config = bindir / "pg_config"
    if os.access(pg_config, os.X_OK):
        folders.insert(0, Path(_output([str(pg_config), "--sharedir"])))
    return folders


def _output(argv: list[str]) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
