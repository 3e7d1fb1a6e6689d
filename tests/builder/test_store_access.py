"""How stores are reached, and what is said when they are not; objects read in parts. A real S3 server."""

from __future__ import annotations

import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog_builder.errors import StoreError
from catalog_builder.location import at, locate, store
from catalog_builder.location.access import access_of
from catalog_builder.sample import SampleManifest

BUCKET = "flatsim"

pytestmark = pytest.mark.usefixtures("s3_environment")


def run(*words: str) -> tuple[int, str]:
    """Status and errors of the command in a process of its own; a hang is a failure."""
    done = subprocess.run(
        [sys.executable, "-m", "catalog_builder", *words], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stderr


def built(out: Path, *words: str) -> tuple[int, str]:
    return run("build", *words, "--out", str(out), "--quiet", "--workers", "1")


@pytest.mark.parametrize(
    ("variable", "value", "address", "reason"),
    [
        ("AWS_REGION", "us-east-1", "s3://nobody-has-it/x", "NoSuchBucket: The specified bucket does not exist"),
        ("AWS_REGION", "us-east-1", "s3://flatsim/nothing", "nothing is there"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1", "s3://flatsim/data", "http://127.0.0.1:1 cannot be reached"),
        (
            "AWS_ENDPOINT_URL",
            "s3.example.org",
            "s3://flatsim/data",
            "AWS_ENDPOINT_URL: 's3.example.org' is not an addr",
        ),
    ],
)
def test_a_store_that_cannot_be_used_is_named_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, address: str, reason: str
) -> None:
    monkeypatch.setenv(variable, value)
    status, errors = built(tmp_path / "out", address)
    assert status == 1
    [line] = errors.splitlines()
    assert line.startswith("flatsim-stac: ")
    assert reason in line
    assert address in line or variable in line


@pytest.fixture
def locked(s3: Any) -> Iterator[None]:
    """The s3 asks for credentials, of which it knows none."""

    def ask_from(count: str) -> None:
        request = urllib.request.Request(
            f"{s3.url}/moto-api/reset-auth", count.encode(), {"Content-Type": "text/plain"}, method="POST"
        )
        urllib.request.urlopen(request).close()

    ask_from("0")
    yield
    ask_from("inf")


def test_wrong_credentials_are_told_once(s3_filled: Any, locked: None, tmp_path: Path) -> None:
    status, errors = built(tmp_path / "out", "s3://flatsim/data")
    assert status == 1
    assert errors == (
        "flatsim-stac: s3://flatsim/data: InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our"
        " records.\n"
    )


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "REQUEST_TIMEOUT_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(StoreError, match="does not answer within 1 s"):
            at(locate("s3://flatsim/data")).scan()


def test_the_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "catalog_builder.location.store", None)
    monkeypatch.delitem(sys.modules, "catalog_builder.location.store")
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(StoreError, match=r"s3://flatsim/data: object stores need obstore; .* extra object-store"):
        at(locate("s3://flatsim/data"))


def test_public_data_is_read_without_credentials(
    s3: Any, s3_tree: tuple[Path, SampleManifest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = next(s3_tree[0].rglob("NSBAS_INT*"))
    s3.put(package, f"public/{package.name}", ACL="public-read")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_NO_SIGN_REQUEST", "YES")
    assert built(tmp_path, "s3://flatsim/public") == (0, "")


def test_a_profile_of_the_usual_files_will_do(s3_filled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.delenv(name)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text("[mine]\naws_access_key_id = key\naws_secret_access_key = secret\n")
    config = f"[profile mine]\nregion = us-east-1\nendpoint_url = {s3_filled.url}\n"
    (tmp_path / ".aws/config").write_text(config)
    monkeypatch.setenv("AWS_PROFILE", "mine")
    status, errors = built(tmp_path / "out", "s3://flatsim/data")
    assert (status, errors) == (0, "")


def test_large_objects_are_read_in_parts(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytes(range(256)) * 1000
    s3.client.put_object(Bucket=BUCKET, Key="large", Body=content)
    s3.client.put_object(Bucket=BUCKET, Key="empty", Body=b"")
    monkeypatch.setattr(store, "LARGE_BYTES", 100_000)
    handle = at(locate("s3://flatsim/large"))
    assert b"".join(handle.blocks()) == content
    assert list(at(locate("s3://flatsim/empty")).blocks()) == [b""]
    with handle.open() as file:
        for start, size in ((0, 10), (16380, 10), (250_000, 99_999), (255_999, 5), (256_000, 5), (3, 40_000)):
            file.seek(start)
            assert file.read(size) == content[start : start + size]
        assert file.read_ranges([(5, 3), (255_998, 9)]) == [content[5:8], content[255_998:]]


def test_one_reading_of_the_environment_tells_both_libraries() -> None:
    access = access_of("s3", {"AWS_ENDPOINT_URL": "https://s3.example.org/x/", "AWS_ACCESS_KEY_ID": "k"})
    assert access.store == {"endpoint": "https://s3.example.org/x", "virtual_hosted_style_request": False}
    expected = {"AWS_S3_ENDPOINT": "s3.example.org/x", "AWS_HTTPS": "YES", "AWS_VIRTUAL_HOSTING": "FALSE"}
    assert access.gdal == expected
    assert access_of("s3", {"HOME": "/nowhere"}).store == {}
    assert access_of("gs", {"GS_NO_SIGN_REQUEST": "YES"}).store == {"skip_signature": True}
    azure = access_of("az", {"AZURE_STORAGE_ACCOUNT_NAME": "us"})
    assert (azure.store, azure.gdal) == ({"account_name": "us"}, {"AZURE_STORAGE_ACCOUNT": "us"})
