"""Packages in an object store: a real S3 server, the addresses of the store, and what is asked of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from click.testing import CliRunner

from catalog_builder.build import build
from catalog_builder.cli.validate import validate
from catalog_builder.layout import ServiceLayout, StaticLayout
from catalog_builder.location import Location, locate
from catalog_builder.plan import make_plan
from catalog_builder.report import Report
from catalog_builder.sample import SampleManifest, SampleSpec, write_sample
from catalog_builder.sinks.ndjson import NdjsonSink
from catalog_builder.sinks.static import StaticSink

BUCKET = "flatsim"
SPEC = SampleSpec(tracks=1, pairs=3, epochs=4, pixels=64)
PACKAGES = 5
Note = dict[str, Any]


@dataclass
class Store:
    """The server and what it was asked."""

    url: str
    notes_file: Path
    client: Any

    def put(self, folder: Path, prefix: str) -> None:
        """Copy a folder below a prefix."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                key = f"{prefix}/{path.relative_to(folder).as_posix()}"
                self.client.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())

    def forget(self) -> None:
        """Notes start anew."""
        self.notes_file.write_bytes(b"")

    def notes(self) -> list[Note]:
        """Requests since."""
        return [json.loads(line) for line in self.notes_file.read_text().splitlines()]

    def listings(self) -> list[Note]:
        return [note for note in self.notes() if "list-type" in note["query"]]

    def objects(self) -> list[Note]:
        """Requests for an object."""
        return [note for note in self.notes() if "list-type" not in note["query"]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
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


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleManifest]:
    folder = tmp_path_factory.mktemp("tree")
    return folder, write_sample(folder, SPEC)


@pytest.fixture(scope="module")
def filled(server: Store, tree: tuple[Path, SampleManifest]) -> Store:
    server.put(tree[0], "data/region")
    return server


@pytest.fixture(autouse=True)
def environment(server: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a user sets, and nothing of the machine's."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    values = {
        "AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1", "HOME": str(tmp_path),
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def made(root: Location, out: Path, **options: Any) -> tuple[Report, dict[str, Any]]:
    """A build's report, and its items by id."""
    report = build([root], NdjsonSink(out), ServiceLayout(), **options)
    files = sorted(out.glob("flatsim-*.ndjson"))
    items = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    return report, {item["id"]: item for item in items}


def without_places(items: dict[str, Any], root: str) -> dict[str, Any]:
    """Items as they are wherever they come from."""
    text = json.dumps(items).replace(root, "ROOT")
    result: dict[str, Any] = json.loads(text)
    for item in result.values():
        del item["properties"]["created"], item["properties"]["updated"]
    return result


def test_a_store_gives_the_items_of_a_disk(filled: Store, tree: tuple[Path, SampleManifest], tmp_path: Path) -> None:
    report, items = made(locate("s3://flatsim/data/region"), tmp_path / "store")
    _, local = made(tree[0], tmp_path / "disk")
    assert (report.found, report.catalogued, report.refused) == (PACKAGES, PACKAGES, [])
    assert without_places(items, "s3://flatsim/data/region") == without_places(local, tree[0].as_uri())


def test_each_address_is_that_of_an_object(filled: Store, tmp_path: Path) -> None:
    _, items = made(locate("s3://flatsim/data/"), tmp_path)
    hrefs = [asset["href"] for item in items.values() for asset in item["assets"].values()]
    assert len(hrefs) > 20
    for href in hrefs:
        assert href.startswith("s3://flatsim/")
        filled.client.head_object(Bucket=BUCKET, Key=href.removeprefix("s3://flatsim/"))


def test_items_of_a_store_are_valid(filled: Store, tmp_path: Path) -> None:
    build([locate("s3://flatsim/data")], StaticSink(tmp_path), StaticLayout(tmp_path))
    result = CliRunner().invoke(validate, [str(tmp_path)])
    assert result.exit_code == 0, result.output


def test_the_published_address_is_below_the_tree(filled: Store, tmp_path: Path) -> None:
    build([locate("s3://flatsim/data")], NdjsonSink(tmp_path), ServiceLayout("https://data.example.org/x/"))
    line = next(tmp_path.glob("*interferogram.ndjson")).read_text().splitlines()[0]
    for asset in json.loads(line)["assets"].values():
        assert asset["href"].startswith("https://data.example.org/x/region/")


def packed(packages: list[Path], folder: Path, method: int) -> None:
    """Each package as an archive."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in packages:
        with zipfile.ZipFile(folder / f"{package.name}.zip", "w", method) as archive:
            for path in sorted(package.iterdir()):
                archive.write(path, f"{package.name}/{path.name}")


def packages_of(tree: tuple[Path, SampleManifest]) -> list[Path]:
    return sorted(path for path in tree[0].rglob("NSBAS_*") if path.is_dir())


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_archives_are_read_in_the_store(
    server: Store, tree: tuple[Path, SampleManifest], tmp_path: Path, method: int
) -> None:
    packed(packages_of(tree), tmp_path / "zips", method)
    server.put(tmp_path / "zips", f"zips/{method}")
    report, items = made(locate(f"s3://flatsim/zips/{method}"), tmp_path / "store")
    _, local = made(tmp_path / "zips", tmp_path / "disk")
    assert (report.found, report.catalogued) == (PACKAGES, PACKAGES)
    assert without_places(items, f"s3://flatsim/zips/{method}") == without_places(local, (tmp_path / "zips").as_uri())


def test_a_folder_and_its_archive_are_one_package(
    server: Store, tree: tuple[Path, SampleManifest], tmp_path: Path
) -> None:
    [package, *_] = packages_of(tree)
    packed([package], tmp_path / "zips", zipfile.ZIP_DEFLATED)
    server.put(tmp_path / "zips", "twice")
    server.put(package, f"twice/{package.name}")
    report, items = made(locate("s3://flatsim/twice"), tmp_path)
    assert (report.found, len(items), report.refused) == (2, 1, [])
    [remark] = [remark for remark in report.ignored if remark.path.endswith(".zip")]
    assert remark.reason == f"the archive of s3://flatsim/twice/{package.name}, which is catalogued"


def folders_of(tree: Path) -> int:
    """Folders that are no packages, with the one above all."""
    inner = {path.parent for path in tree.rglob("NSBAS_*") if path.is_dir()}
    return len({folder for one in inner for folder in (one, *one.parents) if folder.is_relative_to(tree)}) + 1


def test_a_second_build_lists_each_folder_once_and_reads_nothing(
    filled: Store, tree: tuple[Path, SampleManifest], tmp_path: Path
) -> None:
    def again() -> Report:
        return build([locate("s3://flatsim/data")], StaticSink(tmp_path), StaticLayout(tmp_path))

    assert again().catalogued == PACKAGES
    filled.forget()
    assert again().unchanged == PACKAGES
    assert filled.objects() == []
    asked = Counter(note["query"] for note in filled.listings())
    twice = sorted(query for query, times in asked.items() if times == 2)
    assert set(asked.values()) <= {1, 2}
    assert len(asked) == folders_of(tree[0]) + PACKAGES
    # The root, of which it is asked first whether it is there, and the few pairs that outlines are taken from.
    root, *models = twice
    assert root == "delimiter=/&list-type=2&prefix=data/"
    assert len(models) <= sum(len(track.models) for track in make_plan([locate("s3://flatsim/data")]).tracks)


def test_a_second_build_asks_nothing_of_archives_but_their_folder(
    server: Store, tree: tuple[Path, SampleManifest], tmp_path: Path
) -> None:
    packed(packages_of(tree), tmp_path / "zips", zipfile.ZIP_STORED)
    server.put(tmp_path / "zips", "again")
    for unchanged in (0, PACKAGES):
        server.forget()
        report = build([locate("s3://flatsim/again")], StaticSink(tmp_path / "out"), StaticLayout(tmp_path / "out"))
        assert report.unchanged == unchanged
    assert server.objects() == []
    assert len(server.listings()) == 2


def test_nothing_outside_the_prefix_is_asked_for(
    server: Store, tree: tuple[Path, SampleManifest], tmp_path: Path
) -> None:
    [package, *_] = packages_of(tree)
    for prefix in ("near/one", "near/one-more", "near/on"):
        server.put(package, f"{prefix}/{package.name}")
    server.forget()
    report, _ = made(locate("s3://flatsim/near/one"), tmp_path)
    assert report.found == 1
    for note in server.notes():
        place = note["query"] if "list-type" in note["query"] else note["path"]
        assert "near/one/" in place
        assert note["method"] in {"GET", "HEAD"}


@pytest.mark.parametrize("prefix", ["données 2024/a+b c", "100%25 #1/a=b&c?d", "~ 'x' (y)"])
def test_names_of_every_kind(server: Store, tree: tuple[Path, SampleManifest], tmp_path: Path, prefix: str) -> None:
    first, second, *_ = packages_of(tree)
    packed([second], tmp_path / "zips", zipfile.ZIP_DEFLATED)
    server.put(first, f"{prefix}/{first.name}")
    server.put(tmp_path / "zips", prefix)
    report, items = made(locate(f"s3://flatsim/{prefix}"), tmp_path)
    assert (report.found, report.catalogued) == (2, 2)
    for item in items.values():
        for asset in item["assets"].values():
            server.client.head_object(Bucket=BUCKET, Key=asset["href"].removeprefix("s3://flatsim/"))
