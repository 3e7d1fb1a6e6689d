"""`/_mgmt/`, `/api` and `/api.html`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi.testclient import TestClient

from api.app import create_app
from catalog_builder.derived.schema import SCHEMA_PATH, flatsim_schema
from catalog_builder.vocab.release import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.settings.service import ServiceSettings


def test_ping(client: TestClient) -> None:
    assert client.get("/_mgmt/ping").json() == {"message": "PONG"}


def test_health_tells_what_the_service_stands_on(client: TestClient) -> None:
    answer = client.get("/_mgmt/health")
    assert answer.status_code == 200
    report = answer.json()
    assert (report["status"], report["version"]) == ("UP", __version__)
    database = report["database"]
    assert (database["status"], database["pgstac"]) == ("UP", "0.10.0")
    assert database["migrations"][0].startswith("0001_")
    # whatever user the DSN names, the session reads as the role that may only read
    assert (database["role"], database["read_only"]) == ("flatsim_read", True)


def test_health_without_a_database(make_settings: Callable[..., ServiceSettings]) -> None:
    settings = make_settings(pool_min=0, database="postgresql://nobody:secret@127.0.0.1:9/none")
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        answer = client.get("/_mgmt/health")
        assert answer.status_code == 503
        assert answer.json()["database"]["status"] == "DOWN"
        assert answer.headers["retry-after"]
        assert client.get("/_mgmt/ping").status_code == 200
        for path in ("/", "/search", "/collections", "/queryables"):
            failed = client.get(path)
            assert failed.status_code == 503
            assert failed.json()["code"] == "DatabaseUnavailable"
            assert "secret" not in failed.text


def test_the_description_of_the_api_is_openapi(client: TestClient) -> None:
    answer = client.get("/api")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert {"/search", "/collections", "/queryables"} <= set(answer.json()["paths"])


def test_the_schema_of_our_fields_is_at_the_address_it_names(client: TestClient) -> None:
    answer = client.get(f"/{SCHEMA_PATH}")
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json() == flatsim_schema(f"{client.base_url}/{SCHEMA_PATH}")
    assert client.head(f"/{SCHEMA_PATH}").status_code == 200
    assert client.get("/schemas/flatsim/v2.0.0/schema.json").status_code == 404


def test_the_documentation_page_asks_no_foreign_host(client: TestClient) -> None:
    page = client.get("/api.html")
    assert page.status_code == 200
    addresses = re.findall(r"""(?:src|href|url)\s*[=:]\s*['"]([^'"]+)""", page.text)
    assert len(addresses) >= 4
    for address in addresses:
        assert address.startswith("http://testserver/"), address
        assert client.get(address).status_code == 200, address
    assert '"validatorUrl": null' in page.text
    script = client.get("/api.html/swagger-ui-bundle.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert len(script.content) > 500_000
