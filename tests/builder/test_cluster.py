"""The embedded cluster on a real server: what it does, and what it survives."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from catalog_builder.errors import ClusterError
from catalog_builder.local_postgres import Cluster, Role, State, binaries, initialise
from catalog_builder.local_postgres.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterator

START = "import sys; from pathlib import Path; from catalog_builder.local_postgres import Cluster; "
PRINT_DSN = START + "c = Cluster(Path(sys.argv[1])); c.start(); print(c.dsn())"


@pytest.fixture(scope="module")
def made(reachable_tmp: Path) -> Iterator[Path]:
    """A home whose cluster was made and stopped; copied, it saves a test the making."""
    home = reachable_tmp / "made"
    Cluster(home).start()
    Cluster(home).stop()
    yield home
    shutil.rmtree(home)


@pytest.fixture
def stopped(made: Path, home: Path) -> Cluster:
    subprocess.run(["cp", "-a", f"{made}/.", home], check=True)
    return Cluster(home)


@pytest.fixture
def running(stopped: Cluster) -> Cluster:
    stopped.start()
    return stopped


def select_one(dsn: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT 1").fetchone()
    assert row is not None
    return row[0]


def live_processes(home: Path) -> list[int]:
    """By the process list alone: every PostgreSQL process that carries this cluster's tag."""
    tag = Layout(home).tag
    listing = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    lines = [line.split(maxsplit=1) for line in listing.splitlines()]
    return [int(pid) for pid, args in lines if re.search(rf"postgres\b.*\b{tag}\b", args)]


def crash(home: Path) -> None:
    """What a power cut leaves: no process, and all files as they were."""
    for pid in live_processes(home):
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while live_processes(home):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def server_pid(cluster: Cluster) -> int:
    pid = cluster.status().pid
    assert pid is not None
    return pid


def test_from_nothing_to_a_session(home: Path) -> None:
    cluster = Cluster(home)
    assert cluster.status().state is State.ABSENT
    cluster.start()
    status = cluster.status()
    assert status.state is State.RUNNING
    assert status.version
    assert status.size_bytes > 10_000_000
    assert select_one(cluster.dsn()) == 1
    with psycopg.connect(cluster.dsn()) as connection:
        settings = dict(connection.execute("SELECT name, setting FROM pg_settings").fetchall())
    assert settings["fsync"] == "on"
    assert settings["jit"] == "off"
    assert settings["listen_addresses"] == "127.0.0.1"
    assert settings["server_encoding"] == "UTF8"
    assert settings["data_checksums"] == "on"
    assert settings["TimeZone"] == "UTC"


def test_server_does_not_run_as_root(running: Cluster) -> None:
    uid = Path(f"/proc/{server_pid(running)}").stat().st_uid
    assert uid != 0
    assert os.geteuid() in (0, uid)


def test_each_role_has_its_own_login(running: Cluster) -> None:
    for role, user in [(Role.OWNER, "flatsim"), (Role.READ, "flatsim_api"), (Role.WRITE, "flatsim_builder")]:
        with psycopg.connect(running.dsn(role)) as connection:
            assert connection.execute("SELECT current_user").fetchone() == (user,)
    with psycopg.connect(running.dsn(Role.READ)) as connection:
        assert connection.execute("SHOW default_transaction_read_only").fetchone() == ("on",)
        assert connection.execute("SHOW pgstac.readonly").fetchone() == ("true",)


def test_no_way_in_without_the_password(running: Cluster) -> None:
    port, folder = running.status().port, Layout(running.home).socket_folder
    for host in ("127.0.0.1", str(folder)):
        for password in ("", "wrong"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(host=host, port=port, user="flatsim", dbname="flatsim", password=password)


def test_unix_socket_answers(running: Cluster) -> None:
    password = json.loads(Layout(running.home).credentials.read_text())["flatsim"]
    folder, port = Layout(running.home).socket_folder, running.status().port
    with psycopg.connect(host=str(folder), port=port, user="flatsim", dbname="flatsim", password=password) as session:
        assert session.execute("SELECT inet_server_addr()").fetchone() == (None,)


def test_only_the_loopback_answers(running: Cluster) -> None:
    port = running.status().port
    listing = Path("/proc/net/tcp").read_text().splitlines()[1:]
    listening = {line.split()[1] for line in listing if line.split()[3] == "0A"}
    assert f"0100007F:{port:04X}" in listening
    assert f"00000000:{port:04X}" not in listening


def test_no_password_is_readable_by_others(running: Cluster) -> None:
    layout = Layout(running.home)
    passwords = json.loads(layout.credentials.read_text()).values()
    assert len(set(passwords)) == 3
    open_to_others = []
    for path in (p for p in layout.root.rglob("*") if p.is_file()):
        ours = [parent for parent in path.parents if layout.root in parent.parents]
        closed = any(not parent.stat().st_mode & stat.S_IXOTH for parent in ours)
        if path.stat().st_mode & 0o077 and not closed:
            open_to_others.append(path)
    assert layout.credentials.stat().st_mode & 0o777 == 0o600
    assert layout.data.stat().st_mode & 0o777 == 0o700
    for path in open_to_others:
        assert not any(password.encode() in path.read_bytes() for password in passwords), path


def test_second_start_changes_nothing(running: Cluster) -> None:
    before = running.status()
    again = Cluster(running.home)
    again.start()
    assert (again.status().pid, again.status().port) == (before.pid, before.port)


def test_data_outlives_a_stop(running: Cluster) -> None:
    with psycopg.connect(running.dsn()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    dsn = running.dsn()
    running.stop()
    running.start()
    assert running.dsn() == dsn
    with psycopg.connect(running.dsn()) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)


def test_stop_leaves_no_process(running: Cluster) -> None:
    with psycopg.connect(running.dsn(), autocommit=True) as connection:
        assert len(live_processes(running.home)) > 3
        running.stop()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    assert live_processes(running.home) == []
    assert running.status().state is State.STOPPED
    assert running.status().clean
    running.stop()


def test_stop_ends_a_server_that_does_not_listen(running: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frozen main process answers neither the polite nor the urgent request: force is left."""
    from catalog_builder.local_postgres import server as cluster_server  # noqa: PLC0415

    monkeypatch.setattr(cluster_server, "_FAST_STOP_S", 0.5)
    monkeypatch.setattr(cluster_server, "_IMMEDIATE_STOP_S", 0.5)
    with psycopg.connect(running.dsn(), autocommit=True):
        os.kill(server_pid(running), signal.SIGSTOP)
        running.stop()
    assert live_processes(running.home) == []
    running.start()
    assert select_one(running.dsn()) == 1


def test_survives_kill_9(running: Cluster) -> None:
    with psycopg.connect(running.dsn()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    crash(running.home)
    assert (Layout(running.home).data / "postmaster.pid").exists()
    assert running.status().state is State.STOPPED
    assert not running.status().clean
    running.start()
    with psycopg.connect(running.dsn()) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)


def test_survives_the_death_of_the_main_process_alone(running: Cluster) -> None:
    """Its children live on for a moment; a start must wait for them, not run beside them."""
    with psycopg.connect(running.dsn(), autocommit=True):
        old = server_pid(running)
        os.kill(old, signal.SIGKILL)
        running.start()
        assert server_pid(running) != old
    assert select_one(running.dsn()) == 1


def test_survives_a_pid_file_that_names_another_process(stopped: Cluster) -> None:
    """After a power cut the number may belong to anybody, even to a process of the server's own account."""
    stopped.start()
    status, layout = stopped.status(), Layout(stopped.home)
    uid = Path(f"/proc/{status.pid}").stat().st_uid
    crash(stopped.home)
    options = {} if os.geteuid() == uid else {"user": uid}
    with subprocess.Popen(["sleep", "120"], cwd="/", **options) as stranger:
        try:
            for path in (layout.data / "postmaster.pid", *layout.socket_folder.glob("*.lock")):
                path.write_text("\n".join([str(stranger.pid), *path.read_text().splitlines()[1:]]) + "\n")
            assert stopped.status().state is State.STOPPED
            stopped.start()
            assert stopped.status().pid != stranger.pid
            assert select_one(stopped.dsn()) == 1
            stopped.stop()
            assert stranger.poll() is None
        finally:
            stranger.kill()


@pytest.mark.parametrize("content", ["", "\n", "garbage", "999999999\n/nowhere\n"])
def test_survives_a_damaged_pid_file(stopped: Cluster, content: str) -> None:
    (Layout(stopped.home).data / "postmaster.pid").write_text(content)
    stopped.start()
    assert select_one(stopped.dsn()) == 1


def test_taken_port_gives_way_to_another_that_is_remembered(stopped: Cluster) -> None:
    stopped.start()
    first = stopped.status().port
    stopped.stop()
    with socket.create_server(("127.0.0.1", first or 0)):
        stopped.start()
        second = stopped.status().port
        assert second != first
        assert select_one(stopped.dsn()) == 1
        stopped.stop()
    stopped.start()
    assert stopped.status().port == second


def test_port_taken_between_the_look_and_the_start(stopped: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped.start()
    first = stopped.status().port
    stopped.stop()
    answers = iter([True])
    with socket.create_server(("127.0.0.1", first or 0)):
        from catalog_builder.local_postgres import ports  # noqa: PLC0415

        look = ports.is_free
        monkeypatch.setattr(ports, "is_free", lambda port: next(answers, None) or look(port))
        stopped.start()
        assert stopped.status().port != first


def test_data_of_another_major_version_is_named(stopped: Cluster) -> None:
    (Layout(stopped.home).data / "PG_VERSION").write_text("12\n")
    there = binaries.installed_servers()[0].version
    with pytest.raises(ClusterError) as caught:
        stopped.start()
    message = str(caught.value)
    assert "made by PostgreSQL 12" in message
    assert there in message
    assert "postgresql-12" in message
    assert "db reset" in message
    assert (Layout(stopped.home).data / "base").is_dir()
    assert stopped.status().version == "12"


@pytest.fixture
def small_disk(reachable_tmp: Path) -> Iterator[Path]:
    """A disk of 24 MB: less than a new cluster takes."""
    folder = reachable_tmp / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m,mode=755", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        folder.rmdir()
        pytest.skip(f"no disk can be mounted here: {done.stderr.splitlines()[0]}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 2**16)


def test_full_disk_while_the_cluster_is_made(small_disk: Path) -> None:
    cluster = Cluster(small_disk / "home")
    with pytest.raises(ClusterError, match=r"disk that holds .* is full \(\d+ MB free\).*FLATSIM_HOME"):
        cluster.start()
    assert [path.name for path in (small_disk / "home").iterdir()] == ["postgres.lock"]
    assert cluster.status().state is State.ABSENT
    assert live_processes(small_disk / "home") == []


def test_full_disk_while_the_server_starts(made: Path, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    home = small_disk / "home"
    subprocess.run(["cp", "-a", str(made), str(home)], check=True)
    fill(small_disk / "filler")
    cluster = Cluster(home)
    with pytest.raises(ClusterError, match=r"is full"):
        cluster.start()
    assert live_processes(home) == []
    (small_disk / "filler").unlink()
    cluster.start()
    assert select_one(cluster.dsn()) == 1
    cluster.stop()


def test_two_processes_make_one_cluster(home: Path) -> None:
    command = [sys.executable, "-c", PRINT_DSN, str(home)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = [process.communicate(timeout=120)[0].strip() for process in both]
    assert [process.returncode for process in both] == [0, 0, 0]
    assert len(set(answers)) == 1
    assert select_one(answers[0]) == 1
    mains = [pid for pid in live_processes(home) if f"cluster_name={Layout(home).tag}" in arguments(pid)]
    assert mains == [Cluster(home).status().pid]


def arguments(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def interrupted(home: Path, number: signal.Signals, delay_s: float) -> subprocess.Popen[bytes]:
    """A process that was making a cluster and got a signal in the middle of it."""
    process = subprocess.Popen([sys.executable, "-c", PRINT_DSN, str(home)], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not Layout(home).new_data.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    time.sleep(delay_s)
    process.send_signal(number)
    process.communicate()
    return process


@pytest.mark.parametrize("delay_s", [0.1, 0.3])
def test_killed_while_the_cluster_is_made(home: Path, delay_s: float) -> None:
    """kill -9 of the parent; what it started writes on until the next start waits for it and begins again."""
    interrupted(home, signal.SIGKILL, delay_s)
    cluster, layout = Cluster(home), Layout(home)
    cluster.start()
    assert select_one(cluster.dsn()) == 1
    assert sorted(path.name for path in layout.area.iterdir()) == ["data", "run", "server.log"]


def test_ending_what_has_ended() -> None:
    """Interrupted, `communicate` waits a moment for its child: `initdb` may be gone before it is ended."""
    with subprocess.Popen(["true"], stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        process.communicate()
        initialise._end_group(process)
    assert process.returncode == 0


@pytest.mark.parametrize("delay_s", [0.0, 0.1])
def test_interrupted_while_the_cluster_is_made(home: Path, delay_s: float) -> None:
    """Ctrl-C: nothing is left, no program goes on."""
    process = interrupted(home, signal.SIGINT, delay_s)
    assert process.returncode == -signal.SIGINT
    assert [path.name for path in home.iterdir()] == ["postgres.lock"]
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(home) not in listing


def test_killed_before_the_users_were_made(stopped: Cluster) -> None:
    stopped.start()
    with psycopg.connect(stopped.dsn().removesuffix("flatsim") + "postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE flatsim")
        connection.execute("DROP ROLE flatsim_api")
    stopped.start()
    assert select_one(stopped.dsn(Role.READ)) == 1


def test_reset_removes_data_but_nothing_else(running: Cluster) -> None:
    bystander = running.home / "bystander.txt"
    bystander.write_text("not ours")
    running.reset()
    assert live_processes(running.home) == []
    assert sorted(path.name for path in running.home.iterdir()) == ["bystander.txt", "postgres.lock"]
    running.reset()
    assert bystander.read_text() == "not ours"


def test_a_folder_not_made_by_us_is_never_touched(home: Path) -> None:
    foreign = home / "postgres"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("years of work")
    cluster = Cluster(home)
    for action in (cluster.start, cluster.reset, cluster.stop):
        with pytest.raises(ClusterError, match="not made by flatsim-stac"):
            action()
    assert (foreign / "thesis.tex").read_text() == "years of work"
    shutil.rmtree(foreign)


def test_a_link_in_place_of_the_folder_is_not_followed(home: Path, tmp_path: Path) -> None:
    (tmp_path / ".flatsim-stac").touch()
    (tmp_path / "kept").touch()
    (home / "postgres").symlink_to(tmp_path)
    with pytest.raises(ClusterError, match="not made by flatsim-stac"):
        Cluster(home).reset()
    assert (tmp_path / "kept").exists()
    (home / "postgres").unlink()


def test_a_removal_cut_short_is_finished(running: Cluster) -> None:
    layout = Layout(running.home)
    running.stop()
    layout.root.rename(layout.removed)
    running.start()
    assert not layout.removed.exists()
    assert select_one(running.dsn()) == 1


def test_odd_and_long_folder_names(home: Path) -> None:
    """Quotes, spaces, commas and dollars in a path, and one too long for a socket."""
    odd = home / 'it\'s $HOME, `x` "dir"; é'
    long = home / ("l" * 120)
    for folder in (odd, long):
        cluster = Cluster(folder)
        cluster.start()
        assert select_one(cluster.dsn()) == 1
        socket_folder = Layout(folder).socket_folder
        assert list(socket_folder.glob(".s.PGSQL.*"))
        assert len(os.fsencode(socket_folder)) + len("/.s.PGSQL.65535") <= 107
        cluster.reset()
        assert not socket_folder.exists()


def test_someone_else_in_the_socket_folder_is_refused(home: Path) -> None:
    folder = home / ("l" * 120)
    planted = Layout(folder).socket_folder
    planted.symlink_to("/tmp")
    try:
        with pytest.raises(ClusterError, match="belongs to someone else"):
            Cluster(folder).start()
    finally:
        planted.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_a_folder_the_account_cannot_reach_is_named(home: Path) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(ClusterError, match=rf"may not enter {re.escape(str(closed))}; .*chmod.*FLATSIM_HOME"):
        Cluster(closed / "inner").start()
    assert not (closed / "inner" / "postgres").exists()


def test_a_strict_umask_keeps_no_one_out_who_is_needed(home: Path) -> None:
    before = os.umask(0o077)
    try:
        Cluster(home / "a" / "b").start()
    finally:
        os.umask(before)
    assert select_one(Cluster(home / "a" / "b").dsn()) == 1
    Cluster(home / "a" / "b").reset()


def _skip_where_nobody_may_not_run(program: str) -> None:
    try:
        subprocess.run([program, "-c", ""], user="nobody", group="nogroup", cwd="/", check=True)
    except PermissionError:
        pytest.skip(f"{Path(program).resolve()} lies in a folder that other accounts may not enter")


@pytest.mark.skipif(os.geteuid() != 0, reason="takes another account")
def test_works_for_an_ordinary_user_and_keeps_others_out(home: Path) -> None:
    """As `nobody`: the server runs as the caller, and root can still stop it."""
    _skip_where_nobody_may_not_run(sys.executable)
    home.chmod(0o777)
    script = PRINT_DSN + "; print(c.status().state.value)"
    command = [sys.executable, "-c", script, str(home / "mine")]
    done = subprocess.run(command, user="nobody", group="nogroup", capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == "running"
    assert (home / "mine").stat().st_mode & 0o777 == 0o700
    command = [sys.executable, "-c", script, str(home / "mine")]
    other = subprocess.run(command, user="daemon", capture_output=True, text=True, cwd="/", check=False)
    assert other.returncode != 0
    assert "FLATSIM_HOME" in other.stderr.splitlines()[-1]
    Cluster(home / "mine").stop()
    assert live_processes(home / "mine") == []
    Cluster(home / "mine").reset()


def test_dsn_of_a_stopped_server_says_how_to_start_it(stopped: Cluster) -> None:
    with pytest.raises(ClusterError, match="flatsim-stac db start"):
        stopped.dsn()


def test_lost_passwords_are_named(running: Cluster) -> None:
    Layout(running.home).credentials.unlink()
    with pytest.raises(ClusterError, match=r"credentials\.json holds no password"):
        running.dsn()


def test_bindir_setting_is_the_only_place_looked_at(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FLATSIM_PG_BINDIR", str(tmp_path))
    with pytest.raises(ClusterError, match=f"{tmp_path} holds no PostgreSQL server"):
        Cluster(home).start()
    monkeypatch.setenv("FLATSIM_PG_BINDIR", str(binaries.installed_servers(_real_bindir())[0].bindir))
    assert binaries.installed_servers()[0].has_postgis


def _real_bindir() -> Path:
    return max(Path("/usr/lib/postgresql").glob("*/bin"))


def test_the_environment_of_the_caller_does_not_leak_in(stopped: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in [("PGPORT", "1"), ("PGDATA", "/nonexistent"), ("PGUSER", "x"), ("PGOPTIONS", "-c jit=on")]:
        monkeypatch.setenv(name, value)
    stopped.start()
    assert stopped.status().state is State.RUNNING


def server(major: int, *, postgis: bool) -> binaries.Server:
    return binaries.Server(bindir=Path(f"/opt/{major}"), version=f"{major}.1", major=major, has_postgis=postgis)


def test_newest_server_with_postgis_is_chosen() -> None:
    servers = [server(17, postgis=False), server(16, postgis=True), server(15, postgis=True)]
    assert binaries.server_for_new_cluster(servers).major == 16


@pytest.mark.parametrize(
    ("servers", "message"),
    [
        ([], "no PostgreSQL server is installed"),
        ([server(17, postgis=False)], "apt-get install postgresql-17-postgis-3"),
        ([server(12, postgis=True)], "too old"),
    ],
)
def test_no_fitting_server_is_explained(servers: list[binaries.Server], message: str) -> None:
    with pytest.raises(ClusterError, match=message):
        binaries.server_for_new_cluster(servers)
