"""Making a data folder: all of it, or none."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from catalog_builder.local_postgres import credentials
from catalog_builder.local_postgres.failures import explain
from catalog_builder.local_postgres.programs import environment
from catalog_builder.local_postgres.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from catalog_builder.local_postgres.account import Account
    from catalog_builder.local_postgres.binaries import Server
    from catalog_builder.local_postgres.layout import Layout

_TIMEOUT_S, _POLITE_S = 300, 5


def make_data_folder(server: Server, account: Account, layout: Layout, lock: int) -> None:
    """Make `layout.data` with `initdb`, under another name first, so that it is whole once it is there.

    Args:
        server: whose `initdb`.
        account: who will own the folder and run the server.
        layout: where; what an interrupted attempt left there is removed.
        lock: descriptor of the held lock. The child keeps it: should we be killed, no one starts again while
            it is still writing.

    Raises:
        ClusterError: `initdb` failed; nothing is left behind.
    """
    shutil.rmtree(layout.new_data, ignore_errors=True)
    try:
        with _password_file(account, layout) as password_file:
            _initdb(server, account, layout, password_file, lock)
        _include_our_settings(account, layout)
        layout.new_data.rename(layout.data)
        _sync(layout.area)
    except BaseException:
        shutil.rmtree(layout.new_data, ignore_errors=True)
        raise


def _initdb(server: Server, account: Account, layout: Layout, password_file: Path, lock: int) -> None:
    argv = [
        server.program("initdb"),
        f"--pgdata={layout.new_data}",
        f"--username={Role.OWNER.login}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--lc-messages=C",
        "--data-checksums",
    ]
    with subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=layout.area,
        env=environment(layout.new_data),
        pass_fds=(lock,),
        start_new_session=True,
        **account.process_options(),
    ) as process:
        try:
            said, _ = process.communicate(timeout=_TIMEOUT_S)
        except BaseException:
            _end_group(process)
            raise
    if process.returncode != 0:
        what = "PostgreSQL could not make its data folder"
        raise explain(what, said, layout)


def _end_group(process: subprocess.Popen[str]) -> None:
    """End `initdb` with its children, which would write on; politely first, so that they give memory back.

    It may have ended by itself: `communicate` gives an interrupted child a moment before it tells us.
    """
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.communicate(timeout=_POLITE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _include_our_settings(account: Account, layout: Layout) -> None:
    """Written as the account: root must not follow a link somebody put into a folder of that account."""
    path = layout.new_data / "postgresql.conf"
    subprocess.run(
        ["/usr/bin/tee", "-a", path],
        input=b"include = '../../server.conf'\n",
        stdout=subprocess.DEVNULL,
        check=True,
        cwd=layout.area,
        **account.process_options(),
    )
    _sync(path)


@contextmanager
def _password_file(account: Account, layout: Layout) -> Iterator[Path]:
    """The owner's password where `initdb` can read it, for as long as it takes."""
    path = layout.area / "password"
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(credentials.password(layout.credentials, Role.OWNER) + "\n")
        account.own(path, mode=0o600)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
