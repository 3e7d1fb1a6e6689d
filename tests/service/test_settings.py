"""Settings come from `FLATSIM_*` and from nowhere else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from api.app import create_app
from api.settings.service import ROUTES, ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Callable


def test_they_are_read_when_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLATSIM_DATA", f"/srv/a{os.pathsep}/srv/b c{os.pathsep}")
    monkeypatch.setenv("FLATSIM_DATABASE", "postgresql://anna:tiger@db/x")
    monkeypatch.setenv("FLATSIM_PORT", "9000")
    settings = ServiceSettings()
    assert settings.data == (Path("/srv/a"), Path("/srv/b c"))
    assert settings.port == 9000
    assert "tiger" not in repr(settings)
    monkeypatch.setenv("FLATSIM_DATA", "")
    assert ServiceSettings().data == ()


@pytest.mark.parametrize(
    ("given", "kept"), [("", ""), ("/", ""), ("stac", "/stac"), ("/stac/", "/stac"), ("/a/b/", "/a/b")]
)
def test_prefix(given: str, kept: str) -> None:
    assert ServiceSettings(root_path=given).root_path == kept


@pytest.mark.parametrize("prefix", ["/data", "/search/x"])
def test_a_prefix_that_is_an_address_of_the_service_is_refused(prefix: str) -> None:
    with pytest.raises(ValidationError, match="another prefix"):
        ServiceSettings(root_path=prefix)


def test_the_list_of_our_own_addresses_is_whole(make_settings: Callable[..., ServiceSettings]) -> None:
    app = create_app(make_settings())
    described = {path.split("/")[1] for path in app.openapi()["paths"]} - {""}
    assert described | {"api", "api.html", "browser", "data", "pages", "thumbnails"} == ROUTES


def test_the_environment_of_stac_fastapi_changes_nothing(
    make_settings: Callable[..., ServiceSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "ENABLE_TRANSACTIONS_EXTENSIONS": "true",
        "ENABLED_EXTENSIONS": "query",
        "USE_API_HYDRATE": "false",
        "STAC_FASTAPI_TITLE": "other",
        "ROOT_PATH": "/other",
        "PREFIX_PATH": "/other",
        "OPENAPI_URL": "/other",
        "CORS_ORIGINS": "https://other.example.org",
    }.items():
        monkeypatch.setenv(name, value)
    with TestClient(create_app(make_settings())) as client:
        page = client.get("/").json()
        assert page["title"].startswith("FLATSIM")
        assert not [uri for uri in page["conformsTo"] if "transaction" in uri]
        item = client.get("/search", params={"limit": 1}).json()["features"][0]
        assert item["assets"]["inu_radar"]["proj:code"] is None


def test_the_pool_cannot_keep_more_than_it_may_have() -> None:
    with pytest.raises(ValidationError, match="FLATSIM_POOL_MIN"):
        ServiceSettings(pool_min=5, pool_max=4)
