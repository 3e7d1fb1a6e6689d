"""A small true tree for the builder's tests, written once, and copies to damage."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from catalog_builder.sample import SampleManifest, SampleSpec, write_sample

SMALL = SampleSpec(tracks=2, pairs=7, epochs=5, pixels=64)


@pytest.fixture(scope="session")
def small_tree(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleManifest]:
    """A tree of two tracks with seven pairs each, not to be changed, and its own account of itself."""
    folder = tmp_path_factory.mktemp("tree")
    return folder, write_sample(folder, SMALL)


@pytest.fixture
def own_tree(small_tree: tuple[Path, SampleManifest], tmp_path: Path) -> tuple[Path, SampleManifest]:
    """A copy of the small tree to damage."""
    folder = tmp_path / "own"
    shutil.copytree(small_tree[0], folder)
    return folder, small_tree[1]


BUCKET = "flatsim"
STORE_SPEC = SampleSpec(tracks=1, pairs=3, epochs=4, pixels=64)
Note = dict[str, Any]


@dataclass
class Store:
    """The server and what it was asked."""

    url: str
    notes_file: Path
    client: Any

    def put(self, folder: Path, prefix: str, **options: str) -> None:
        """Copy a folder below a prefix."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                key = f"{prefix}/{path.relative_to(folder).as_posix()}"
                self.client.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes(), **options)

    def forget(self) -> None:
        """Notes start again."""
        self.notes_file.write_bytes(b"")

    def notes(self) -> list[Note]:
        """Requests since."""
        return [json.loads(line) for line in self.notes_file.read_text().splitlines()]

    def listings(self) -> list[Note]:
        return [note for note in self.notes() if "list-type" in note["query"]]

    def objects(self) -> list[Note]:
        """Requests for an object."""
        return [note for note in self.notes() if "list-type" not in note["query"]]


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    notes = tmp_path_factory.mktemp("s3") / "notes"
    process = subprocess.Popen(
        [sys.executable, Path(__file__).parent / "s3_server.py", notes],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        client = boto3.client(
            "s3", endpoint_url=url, aws_access_key_id="key", aws_secret_access_key="secret", region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}),
        )  # fmt: skip
        client.create_bucket(Bucket=BUCKET)
        yield Store(url, notes, client)
        client.close()
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="session")
def s3_tree(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleManifest]:
    folder = tmp_path_factory.mktemp("tree")
    return folder, write_sample(folder, STORE_SPEC)


@pytest.fixture(scope="session")
def s3_filled(s3: Store, s3_tree: tuple[Path, SampleManifest]) -> Store:
    s3.put(s3_tree[0], "data/region")
    return s3


@pytest.fixture
def s3_environment(s3: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a user sets, and nothing of the machine's."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    values = {
        "AWS_ENDPOINT_URL": s3.url, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1", "HOME": str(tmp_path),
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
