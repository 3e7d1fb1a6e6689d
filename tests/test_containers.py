"""Images, docker-compose.yml and what else runs the software: rules that hold without a container engine.

scripts/test-compose brings all of it up.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_scenario import LASTING, ONE_SHOT

from api.files.data import MEDIA_TYPES
from api.http.security_policy import FILES_POLICY
from api.settings.service import ServiceSettings
from catalog_builder.settings import BuilderSettings
from catalog_builder.vocab.release import __version__

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
DOCKERFILES = sorted(
    [ROOT / "api" / "Dockerfile", ROOT / "catalog_builder" / "Dockerfile", *DEPLOY.rglob("Dockerfile")]
)
HALVES = {"api": ("api",), "catalog_builder": ("builder", "dask", "object-store", "sample")}
PROGRAMS = sorted(path for path in DEPLOY.rglob("*") if path.is_file() and path.read_bytes().startswith(b"#!"))
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OF_THE_IMAGE = {"FLATSIM_HOST", "FLATSIM_PORT", "FLATSIM_BROWSER_DIR"}
"""Settings of the service that its image has and compose does not change."""
SHOWN = {"FLATSIM_TREE", "FLATSIM_TLS_DIR", "FLATSIM_ROOT_PATH", "FLATSIM_HREF_BASE", "FLATSIM_BACKUP_DIR",
         "FLATSIM_DASK", "FLATSIM_BUILD_OPTIONS", "FLATSIM_BUILD_WORKERS", "FLATSIM_PROXY_TRUSTED",
         "FLATSIM_DATABASE", "FLATSIM_ASSET_HOSTS", "FLATSIM_DESCRIPTION"}  # fmt: skip
"""Variables without a default, or with a long one, of which .env.example shows an example."""


def entries(lock: Path) -> dict[str, str]:
    """Entries of a lock, by name and version, each with its hashes."""
    found = re.split(r"\n(?=\S)", lock.read_text().strip())
    return {entry.split()[0]: re.sub(r"(?m) ; .* \\$", r" \\", entry) for entry in found}


def names(lock: Path) -> set[str]:
    return {entry.partition("==")[0] for entry in entries(lock)}


def stages(dockerfile: Path) -> list[list[str]]:
    """The instructions of each stage, lines that go on joined."""
    text = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", dockerfile.read_text()))
    return [part.strip().splitlines() for part in re.split(r"(?m)^(?=FROM )", text) if part.strip()]


def by_path(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("half", HALVES)
def test_a_lock_of_one_half_pins_what_the_whole_one_does(half: str) -> None:
    lock, whole = ROOT / half / "requirements.lock", entries(ROOT / "requirements.lock")
    # Of another system; the whole lock has it for another reason.
    ours = {key: entry for key, entry in entries(lock).items() if not key.startswith("tzdata==")}
    assert ours.items() <= whole.items()
    assert all("--hash=sha256:" in entry for entry in entries(lock).values())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [
        *project["dependencies"],
        *(one for extra in HALVES[half] for one in project["optional-dependencies"][extra]),
    ]
    assert {re.split(r"[\[<>=~! ]", one)[0].lower() for one in asked} <= names(lock)


def test_the_service_loads_nothing_that_its_image_lacks() -> None:
    code = (
        "import json, sys, importlib.metadata as m\n"
        "import api.__main__, api.app, api.web, api.plots\n"
        "api.app.create_app()\n"
        "brought = m.packages_distributions()\n"
        "tops = {name.partition('.')[0] for name in sys.modules}\n"
        "print(json.dumps(sorted({d.lower() for t in tops for d in brought.get(t, ())})))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {re.sub("[._]", "-", name) for name in json.loads(result.stdout.splitlines()[-1])}
    assert "fastapi" in loaded
    # Its own namespace is shared by packages that are not loaded.
    assert loaded - names(ROOT / "api" / "requirements.lock") - {"flatsim-stac"} - _sharing("opentelemetry") == set()
    assert not {"rasterio", "pystac", "pypgstac", "psycopg", "distributed"} & names(ROOT / "api" / "requirements.lock")


def _sharing(namespace: str) -> set[str]:
    return {f"{namespace}-sdk", f"{namespace}-semantic-conventions"}


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=by_path)
def test_a_dockerfile_keeps_the_rules(dockerfile: Path) -> None:
    text, built = dockerfile.read_text(), stages(dockerfile)
    assert not text.startswith("# syntax")
    assert "latest" not in text
    made: set[str] = set()
    for first, *_ in built:
        _, base, *alias = first.split()
        assert base == "debian:bookworm-slim" or base in made, first
        made |= set(alias[1:])
    last = built[-1]
    assert [line for line in last if line.startswith("USER ")][-1] in ("USER flatsim", "USER postgres")
    assert any(line.startswith("HEALTHCHECK ") for line in last)
    labels = " ".join(line for line in last if line.startswith("LABEL "))
    for label in ("title", "description", "version", "revision", "base.name"):
        assert f"org.opencontainers.image.{label}=" in labels
    assert not re.search(r"(?<= )(build-essential|gcc|make|\S+-dev|pip|uv|npm|nodejs|pytest)(?= )", " ".join(last))
    assert "useradd --system --uid 10001" in " ".join(last)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=by_path)
def test_an_image_is_made_of_what_is_pinned(dockerfile: Path) -> None:
    for line in (line for stage in stages(dockerfile) for line in stage):
        assert not line.startswith("ADD "), line
        for command in re.split(r" && |; ", line):
            if "apt-get install" in command:
                assert "--no-install-recommends" in command
                assert "rm -rf /var/lib/apt/lists/*" in line
            if re.search(r"\bpip (install|sync)\b", command):
                assert "--require-hashes" in command or ("--offline" in command and "--no-deps" in command), command
        # Certificates of the network that builds travel as secrets, which no layer keeps.
        assert not line.startswith("COPY ") or "cert" not in line.lower()


@pytest.mark.parametrize("program", PROGRAMS, ids=by_path)
def test_programs_of_the_images_can_be_run(program: Path) -> None:
    assert os.access(program, os.X_OK)
    assert subprocess.run(["bash", "-n", program], check=False).returncode == 0


@pytest.mark.parametrize(
    ("program", "name", "value"),
    [
        ("proxy/run-proxy", "FLATSIM_PROXY_RATE", "0"),
        ("proxy/run-proxy", "FLATSIM_PROXY_API", "api"),
        ("proxy/run-proxy", "FLATSIM_ROOT_PATH", "/a b"),
        ("proxy/run-proxy", "FLATSIM_ROOT_PATH", "/stac;return 200"),
        ("proxy/run-proxy", "FLATSIM_PROXY_TRUSTED", "10.0.0.0/8; allow all"),
        ("proxy/run-proxy", "FLATSIM_MAX_BODY_BYTES", "4MB"),
        ("database/run-database", "FLATSIM_DATABASE_MEMORY_MB", "128"),
        ("database/run-database", "FLATSIM_DATABASE_CONNECTIONS", "many"),
        ("builder/build-trees", "FLATSIM_BUILD_EVERY_S", "1d"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(program: str, name: str, value: str) -> None:
    arguments = ["primary"] if "database" in program else []
    result = subprocess.run(
        [DEPLOY / program, *arguments], env={**os.environ, name: value}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert f"{name}={value}" in result.stderr


def test_services_are_those_that_are_tested() -> None:
    assert set(SERVICES) == {*ONE_SHOT, *LASTING}
    for name, service in SERVICES.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["image"].endswith(f":${{FLATSIM_IMAGE_TAG:-{__version__}}}"), name
        assert (ROOT / service["build"]["dockerfile"]) in DOCKERFILES, name
        assert service.get("restart") == (None if name in ONE_SHOT else "unless-stopped"), name
        for port in service.get("ports", ()):
            assert port.startswith("${FLATSIM_BIND:-127.0.0.1}:"), port
    assert "ports" not in SERVICES["database"]
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy", "prometheus"}


def test_the_service_has_the_readers_password_alone() -> None:
    mounted = [mount for mount in SERVICES["api"]["volumes"] if "password" in mount]
    assert mounted == ["password-api:/run/password:ro"]
    assert SERVICES["api"]["environment"]["PGUSER"] == "flatsim_api"
    assert [mount for mount in SERVICES["proxy"]["volumes"] if "password" in mount] == []


def test_every_setting_of_the_service_can_be_given() -> None:
    fields = {f"FLATSIM_{name.upper()}" for name in ServiceSettings.model_fields}
    assert {name for name in SERVICES["api"]["environment"] if name.startswith("FLATSIM_")} == fields - OF_THE_IMAGE
    assert fields >= OF_THE_IMAGE
    assert all(name in (ROOT / "api" / "Dockerfile").read_text() for name in OF_THE_IMAGE)


def _variables() -> dict[str, str]:
    """Variables that docker-compose.yml reads, with their defaults; those that it passes on have none."""
    text = (ROOT / "docker-compose.yml").read_text()
    text = re.sub(r"(?m)^\s*#.*\n", "", text)
    given = dict(re.findall(r"\$\{(FLATSIM_\w+):-([^}]*)\}", text))
    assert len(re.findall(r"\$\{", text)) == len(re.findall(r"\$\{FLATSIM_\w+:-[^}]*\}", text))
    passed = {
        name: ""
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if value is None
    }
    return passed | given


def _examples() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    found = [line.removeprefix("#").partition("=") for line in lines if line.startswith("#FLATSIM_")]
    assert len({name for name, _, _ in found}) == len(found)
    return {name: value for name, _, value in found}


def test_the_example_names_every_variable() -> None:
    assert set(_examples()) == set(_variables())


def test_the_example_tells_the_defaults() -> None:
    examples, defaults = _examples(), _variables()
    for name, default in defaults.items():
        if name in SHOWN:
            continue
        field = ServiceSettings.model_fields.get(name.removeprefix("FLATSIM_").lower())
        if default:
            assert examples[name] == default, name
        else:
            assert field is not None, name
            wanted = "" if field.default is None else "[]" if field.default == () else str(field.default)
            assert examples[name] == wanted, name


def test_the_documents_tell_every_variable_that_is_not_a_setting_of_the_service() -> None:
    told = (ROOT / "docs" / "operations.md").read_text()
    settings = {f"FLATSIM_{name.upper()}" for name in ServiceSettings.model_fields}
    assert [name for name in _variables() if name not in settings and f"`{name}`" not in told] == []


@pytest.mark.parametrize("client", [["docker-compose"], ["docker", "compose"]], ids=" ".join)
def test_compose_reads_the_file(client: list[str], tmp_path: Path) -> None:
    if not shutil.which(client[0]) or subprocess.run([*client, "version"], capture_output=True, check=False).returncode:
        pytest.skip(f"{' '.join(client)} is not installed")
    everything = tmp_path / "all.env"
    everything.write_text("".join(f"{name}={value}\n" for name, value in _examples().items()))
    profiles = [word for name in ("replica", "cluster", "observability") for word in ("--profile", name)]
    own = {name: value for name, value in os.environ.items() if not name.startswith("FLATSIM_")}
    result = subprocess.run(
        [*client, "--env-file", everything, *profiles, "config"],
        cwd=ROOT, env=own, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    read = yaml.safe_load(result.stdout)["services"]
    assert set(read) == set(SERVICES)
    assert str(read["api"]["environment"]["FLATSIM_MAX_REQUESTS"]) == "256"
    assert read["api"]["environment"]["FLATSIM_TITLE"] == ServiceSettings.model_fields["title"].default


def test_the_proxy_serves_files_as_the_service_does() -> None:
    nginx = (DEPLOY / "proxy" / "nginx.conf.template").read_text()
    locations = (DEPLOY / "proxy" / "locations.conf.template").read_text()
    (types,) = re.findall(r"types \{\n(.*?)\n    \}", nginx, re.DOTALL)
    rows = re.findall(r'^\s+(?:"([^"]+)"|(\S+))\s+([\w ]+);$', types, re.MULTILINE)
    told = {f".{ending}": (quoted or plain) for quoted, plain, endings in rows for ending in endings.split()}
    text = "; charset=utf-8"  # which Starlette adds
    assert told == {end: kind + text if kind == "text/plain" else kind for end, kind in MEDIA_TYPES.items()}
    (endings,) = re.findall(r"\(\?:(tiff\?\|[^)]*)\)", locations)
    assert {f".{ending}" for ending in endings.replace("tiff?", "tiff|tif").split("|")} == set(MEDIA_TYPES)
    assert f'Content-Security-Policy "{FILES_POLICY}"' in locations


@pytest.mark.parametrize("unit", sorted((DEPLOY / "systemd").glob("*.[st]*i[cm]e*")), ids=lambda path: path.name)
def test_units_are_valid(unit: Path, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd here")
    for path in unit.parent.glob("flatsim-*"):
        text = path.read_text().replace("/opt/flatsim/.venv/bin", str(Path(sys.executable).parent))
        (tmp_path / path.name).write_text(text)
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / unit.name], capture_output=True, text=True, check=False
    )
    about_ours = [line for line in result.stderr.splitlines() if "flatsim" in line]
    assert (result.returncode, about_ours) == (0, [])


def test_units_and_examples_name_settings_that_there_are() -> None:
    known = {f"FLATSIM_{name.upper()}" for model in (ServiceSettings, BuilderSettings) for name in model.model_fields}
    files = [*(DEPLOY / "systemd").iterdir(), *(DEPLOY / "kubernetes").iterdir()]
    assert {name for path in files for name in re.findall(r"\bFLATSIM_[A-Z_]+", path.read_text())} <= known


def test_manifests_of_kubernetes_name_our_images() -> None:
    documents = {
        path.name: [one for one in yaml.safe_load_all(path.read_text()) if one]
        for path in (DEPLOY / "kubernetes").glob("*.yaml")
    }
    (values,) = documents["eoapi-values.yaml"]
    assert values["stac"]["image"] == {"name": "registry.example.org/flatsim-stac-api", "tag": __version__}
    assert values["stac"]["settings"]["envVars"]["FLATSIM_ROOT_PATH"] == values["stac"]["ingress"]["path"]
    job, nightly = documents["jobs.yaml"]
    pods = (job["spec"]["template"]["spec"], nightly["spec"]["jobTemplate"]["spec"]["template"]["spec"])
    for pod in pods:
        assert [one["image"] for one in pod["containers"]] == [
            f"registry.example.org/flatsim-stac-builder:{__version__}"
        ]
        assert pod["securityContext"]["runAsUser"] == 10001
    (database,) = documents["database.yaml"]
    assert f"{database['metadata']['name']}-r" == values["postgresql"]["external"]["host"]
    roles = {role["name"]: role["inRoles"] for role in database["spec"]["managed"]["roles"]}
    assert roles == {"flatsim_api": ["flatsim_read"], "flatsim_builder": ["flatsim_write"]}


def test_every_alert_leads_to_an_entry_of_the_runbook() -> None:
    headings = re.findall(r"(?m)^#+ (.*)$", (ROOT / "docs" / "operations.md").read_text())
    (group,) = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]:
        document, heading = rule["annotations"]["runbook"].split(", ", 1)
        assert document == "docs/operations.md"
        assert heading in headings, rule["alert"]


def test_the_dashboard_draws_figures_that_the_queries_give() -> None:
    dashboard = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
    drawn = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    queries = yaml.safe_load((DEPLOY / "prometheus" / "queries.yml").read_text())
    given = {f"{query}_{name}" for query, row in queries.items() for metric in row["metrics"] for name in metric}
    assert set(re.findall(r"flatsim_\w+", drawn)) <= given
