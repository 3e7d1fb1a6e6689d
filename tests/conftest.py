"""Fixtures every part of the suite may ask for: a real private cluster, and a fresh migrated database."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from catalog_builder import queries
from catalog_builder.database import migrate
from catalog_builder.errors import SchemaNotFound
from catalog_builder.local_postgres import Cluster
from catalog_builder.settings import BuilderSettings
from catalog_builder.validation.schemas import Schemas
from catalog_builder.vocab.extensions import BY_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MIGRATIONS = Path(__file__).parent.parent / "migrations"
_numbers = itertools.count()

collect_ignore = ["support/ask_eodag.py", "support/lint.py", "support/without_network.py"]
"""Programs that tests run in environments of their own, where other libraries are installed than here."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long campaigns may take as long as they like."""
    for item in items:
        if item.get_closest_marker("full") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(0))


def with_database(dsn: str, name: str) -> str:
    """The same server and user, another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def reachable_tmp() -> Iterator[Path]:
    """A temporary folder that the account of the server may enter, which pytest's own is not for root.

    In memory where there is plenty of it: a server writes a lot while it is made.
    """
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 4 * 2**30
    folder = Path(tempfile.mkdtemp(prefix="flatsim-tests-", dir=memory if roomy else "/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def home(reachable_tmp: Path) -> Iterator[Path]:
    """A folder for a cluster of the test's own; whatever runs in it is ended."""
    folder = Path(tempfile.mkdtemp(dir=reachable_tmp))
    folder.chmod(0o755)
    yield folder
    Cluster(folder).reset()


@pytest.fixture(scope="session")
def cluster(reachable_tmp: Path) -> Iterator[Cluster]:
    """One running private cluster for the whole session. It does not survive a power cut: it need not."""
    running = Cluster(reachable_tmp / "session")
    running.start()
    with psycopg.connect(running.dsn(), autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
        connection.execute("SELECT pg_reload_conf()")
    yield running
    running.reset()


@pytest.fixture(scope="session")
def maintenance_dsn(cluster: Cluster) -> str:
    """Owner's DSN of the database from which others are made."""
    return with_database(cluster.dsn(), "postgres")


@pytest.fixture(scope="session")
def template_database(maintenance_dsn: str) -> str:
    """Name of a database that was migrated once and is copied for each test."""
    name = "flatsim_template"
    with psycopg.connect(maintenance_dsn, autocommit=True) as connection:
        queries.create_database(connection, name)
    migrate(with_database(maintenance_dsn, name), MIGRATIONS)
    return name


@pytest.fixture
def make_database(maintenance_dsn: str) -> Iterator[Callable[..., str]]:
    """Makes databases that go with the test: call it with the template, get the owner's DSN."""
    made: list[str] = []
    with psycopg.connect(maintenance_dsn, autocommit=True) as connection:

        def make(template: str = "template0") -> str:
            name = f"test_{os.getpid()}_{next(_numbers)}"
            queries.create_database(connection, name, template)
            made.append(name)
            return with_database(maintenance_dsn, name)

        yield make
        for name in made:
            queries.drop_database(connection, name)


@pytest.fixture
def empty_dsn(make_database: Callable[..., str]) -> str:
    """Owner's DSN of a new database with nothing in it."""
    return make_database()


@pytest.fixture
def database_dsn(make_database: Callable[..., str], template_database: str) -> str:
    """Owner's DSN of a new database with all migrations and no items."""
    return make_database(template_database)


@pytest.fixture(scope="session")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Schemas:
    """Schemas of all extensions: from the folder that FLATSIM_SCHEMA_DIR names, else from their addresses."""
    folder = BuilderSettings().schema_dir
    found = Schemas(folder=folder, cache=tmp_path_factory.mktemp("schemas"))
    try:
        found.first_error({}, BY_PREFIX["insar"])
    except SchemaNotFound as missing:
        pytest.skip(f"no extension schemas here: {missing}")
    return found
