"""What scripts/test-compose does once images are there: `compose_scenario.py DOCKER COMPOSE...`.

Every step says what it asserted and how long it took; the first that fails ends the run. Figures are written to
artifacts/compose.json.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2 as httpx
import rasterio
from compose_project import PATIENCE_S, PROFILES, ROOT, Project, ran_s, wait_for
from playwright.sync_api import expect
from pystac_client import Client
from watched import launched, watching

PREFIX: Final = "/stac"
PAIRS: Final = "flatsim-balkans-interferogram"
PACKAGES: Final = 84
"""Of the sample that the compose file makes."""
ONE_SHOT: Final = ("passwords", "migrate", "sample", "builder")
LASTING: Final = (
    "database", "api", "proxy", "replica", "scheduler", "worker",
    "prometheus", "database-figures", "proxy-figures", "probes",
)  # fmt: skip
READY: Final = {
    "database": "ready to accept connections",
    "api": "Application startup complete",
    "replica": "started streaming WAL",
    "scheduler": "Scheduler at",
    "worker": "Registered to",
}
"""What a service says when it is ready."""
UNWANTED: Final = "gcc cc g++ make pip pip3 pytest ruff mypy node npm curl wget ssh"
"""Programs that no image has a use for."""
DIGEST: Final = "SELECT count(*), md5(string_agg(id || content::text, '' ORDER BY id)) FROM pgstac.items"


@dataclass
class Scenario:
    """One run: the project, the addresses of what it publishes, what was measured."""

    project: Project
    port: int
    tls_port: int
    prometheus_port: int
    certificate: Path
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def service(self) -> str:
        """Address of the landing page, by way of the proxy."""
        return f"http://127.0.0.1:{self.port}{PREFIX}/"

    @property
    def web(self) -> httpx.Client:
        """A client of the service that follows no redirection."""
        return httpx.Client(base_url=self.service, timeout=30)

    def search(self, client: httpx.Client, **body: Any) -> httpx.Response:
        """A search that no cache answers."""
        return client.post("search", json={"limit": 1, **body})

    def matched(self) -> int:
        """Items that a search finds, 0 while it is not answered."""
        with self.web as client, contextlib.suppress(httpx.TransportError):
            answer = self.search(client)
            return int(answer.json()["numberMatched"]) if answer.status_code == httpx.codes.OK else 0
        return 0

    def wait_until_found(self, patience_s: float = PATIENCE_S) -> float:
        """Wait until searches find the whole sample; returns the seconds that it took."""
        return wait_for("searches find the sample", lambda: self.matched() == PACKAGES, patience_s)

    def raster(self) -> str:
        """Address of a raster, as an item has it."""
        with self.web as client:
            item = self.search(client, collections=[PAIRS]).json()["features"][0]
        return str(item["assets"]["inw_geo"]["href"])


@contextlib.contextmanager
def traffic(scenario: Scenario) -> Iterator[Counter[int]]:
    """Searches, one after another, for as long as a `with` lasts: how many got which status; 0 is not an answer."""
    seen: Counter[int] = Counter()
    is_over = threading.Event()

    def ask() -> None:
        with scenario.web as client:
            while not is_over.is_set():
                try:
                    seen[scenario.search(client).status_code] += 1
                except httpx.TransportError:
                    seen[0] += 1
                time.sleep(0.05)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield seen
    finally:
        is_over.set()
        thread.join()


def bring_up(scenario: Scenario) -> str:
    """Everything with one command, and the sample catalogued on the cluster."""
    project = scenario.project
    project.run("up", "-d", "--scale", "api=2")
    project.wait_until_healthy(*LASTING)
    wait_for("the builder ends", lambda: not project.only("builder")["State"]["Running"])
    for service in ONE_SHOT:
        assert project.only(service)["State"]["ExitCode"] == 0, project.logs(service)
    report = json.loads(project.logs("builder").splitlines()[-1])
    assert (report["catalogued"], report["refused"]) == (PACKAGES, 0), report
    assert "Remove worker" not in project.logs("scheduler")
    scenario.wait_until_found()
    scenario.figures["start_s"] = {
        one["Name"].removeprefix(f"/{project.name}_"): project.ready_after_s(one, said)
        for service, said in READY.items()
        for one in project.containers(service)
    }
    scenario.figures["ran_s"] = {service: ran_s(project.only(service)) for service in ONE_SHOT}
    scenario.figures["memory_mb"] = project.memory_mb()
    scenario.figures["image_mb"] = {
        name: round(int(project.engine("image", "inspect", "--format", "{{.Size}}", image)) / 1e6)
        for one in project.containers()
        if (image := one["Config"]["Image"]) and (name := image.partition(":")[0])
    }
    return f"{len(project.containers())} containers, {PACKAGES} packages catalogued on dask, none refused"


def look_at_containers(scenario: Scenario) -> str:
    """No root, nothing that can be written, no tools, no secrets, one door."""
    project = scenario.project
    containers = project.containers()
    published = {
        binding["HostIp"]
        for one in containers
        for bindings in (one["HostConfig"]["PortBindings"] or {}).values()
        for binding in bindings
    }
    assert published == {"127.0.0.1"}
    assert not project.only("database")["HostConfig"]["PortBindings"]
    accounts = ("owner", "api", "builder", "monitor", "replica")
    database = project.only("database")["Id"]
    passwords = [
        project.engine("exec", database, "cat", f"/run/passwords/{one}/pgpass").strip().rpartition(":")[2]
        for one in accounts
    ]
    assert len(set(passwords)) == len(accounts)
    for one in containers:
        name = one["Name"]
        assert one["Config"]["User"] in ("flatsim", "postgres"), name
        assert one["HostConfig"]["ReadonlyRootfs"], name
        assert one["HostConfig"]["CapDrop"] == ["ALL"], name
        told = json.dumps(one) + project.engine("logs", one["Id"])
        assert not any(password in told for password in passwords), f"a password is told by {name}"
        labels = one["Config"]["Labels"]
        assert labels["org.opencontainers.image.version"] not in ("", "unknown"), name
    for image in {one["Config"]["Image"] for one in containers}:
        look = f"command -v {UNWANTED} || true; find / -xdev -user root -perm -2002 -type f 2>/dev/null || true"
        found = project.engine("run", "--rm", "--network", "none", "--entrypoint", "sh", image, "-c", look).split()
        assert found == [], f"{image} has {found}"
    for image in ("api", "builder"):
        name = next(one["Config"]["Image"] for one in containers if f"-{image}:" in one["Config"]["Image"])
        bill = json.loads(project.engine("run", "--rm", "--entrypoint", "cat", name, "/opt/flatsim/sbom.cdx.json"))
        parts = {part["name"] for part in bill["components"]}
        assert {"flatsim-stac", "pydantic"} <= parts
        assert ("rasterio" in parts) == (image == "builder")
    return f"{len(containers)} containers: none as root, none writable, no password told, only 127.0.0.1 published"


def refuse_wrong_settings(scenario: Scenario) -> str:
    """A wrong setting ends the start, and its name is told."""
    wrong = {
        "api": ("FLATSIM_POOL_MAX", "many"),
        "proxy": ("FLATSIM_PROXY_RATE", "0"),
        "database": ("FLATSIM_DATABASE_MEMORY_MB", "2g"),
        "builder": ("FLATSIM_BUILD_EVERY_S", "daily"),
        "prometheus": ("FLATSIM_PROMETHEUS_DAYS", "0"),
    }
    for service, (name, value) in wrong.items():
        said = scenario.project.run("run", "--rm", "--no-deps", "-e", f"{name}={value}", service, status=2)
        # The service tells the name of its field.
        assert name in said or f"{name.removeprefix('FLATSIM_').lower()}:" in said, said
    return f"{', '.join(name for name, _ in wrong.values())} refused by name"


def search_with_a_client(scenario: Scenario) -> str:
    """pystac-client reads the whole catalogue through the proxy, and a raster opens in place."""
    client = Client.open(scenario.service)
    ids = [item.id for item in client.search(limit=25).items()]
    assert len(ids) == len(set(ids)) == PACKAGES
    found = client.search(collections=[PAIRS], filter="\"sat:orbit_state\" = 'descending'", filter_lang="cql2-text")
    assert 0 < found.matched() < PACKAGES
    for item in found.items():
        assert item.get_self_href().startswith(scenario.service)
    with rasterio.open(scenario.raster()) as raster:
        assert raster.read(1, window=((0, 16), (0, 16))).shape == (16, 16)
    return f"{PACKAGES} items in pages of 25, a filter, a raster opened where it is"


def serve_files(scenario: Scenario) -> str:
    """Files come from the proxy's disk, with ranges, and the service is not asked."""
    address = scenario.raster()
    asked = f"{address.removeprefix(scenario.service)} HTTP"
    before = scenario.project.logs("api").count(asked)
    with scenario.web as client:
        whole = client.get(address)
        part = client.get(address, headers={"Range": "bytes=100-199", "If-Range": whole.headers["etag"]})
        assert (part.status_code, part.content) == (206, whole.content[100:200])
        assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
        assert whole.headers["content-type"] == "image/tiff; application=geotiff"
        assert "sandbox" in whole.headers["content-security-policy"]
        assert whole.headers["access-control-allow-origin"] == "*"
        assert client.get(address, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
        assert client.get(address, headers={"Range": "bytes=99999999-"}).status_code == 416
        missing = client.get(f"{address}x.tiff")
        assert (missing.status_code, missing.json()["code"]) == (404, "NotFound")
        for outside in ("data/../etc/passwd", "data/%2e%2e/%2e%2e/etc/passwd", "data//etc/passwd.txt"):
            assert client.get(outside).status_code == 404, outside
    assert scenario.project.logs("api").count(asked) == before, "the service was asked for a file"
    return "ranges, conditions, media type, policy; a missing file in the service's words; nothing outside"


def cache_answers(scenario: Scenario) -> str:
    """What may be kept is, for what it varies by; what may not is not."""
    with scenario.web as client:
        path = f"search?limit=3&bbox=0,0,{random.randint(50, 89)},{random.randint(50, 89)}"
        first, second = client.get(path), client.get(path)
        assert (first.headers["x-cache-status"], second.headers["x-cache-status"]) == ("MISS", "HIT")
        assert first.content == second.content
        page = client.get(path, headers={"Accept": "text/html"})
        assert page.headers["content-type"].startswith("text/html")
        plain = client.get(path, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.json() == first.json()
        again = client.get(path, headers={"If-None-Match": second.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        other = client.get(path, headers={"Host": "catalogue.example.org"})
        assert "http://catalogue.example.org/stac/" in other.text
        assert "catalogue.example.org" not in client.get(path).text
        for _ in range(2):
            assert client.get("_mgmt/health").headers["x-cache-status"] == "MISS"
            assert client.get("search?f=csv").headers["x-cache-status"] == "MISS"
        forged = client.get("", headers={"X-Forwarded-Host": "evil.example.org", "Forwarded": "host=evil.example.org"})
        assert "evil.example.org" not in forged.text
    return "MISS, then HIT with the same bytes; by Accept, coding and host; no-store and whole results never"


def limit_rates(scenario: Scenario) -> str:
    """Who sends too much gets 429 with Retry-After, and is served again after a moment."""
    with scenario.web as client, concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: client.get("conformance"), range(700)))
        refused = [one for one in answers if one.status_code == 429]
        assert len(refused) > 50
        assert {one.status_code for one in answers} == {200, 429}
        assert {one.headers["retry-after"] for one in refused} == {"1"}
        assert {one.json()["code"] for one in refused} == {"TooManyRequests"}
        assert client.get("_mgmt/ping").status_code == 200
        time.sleep(int(refused[0].headers["retry-after"]))
        assert client.get("conformance").status_code == 200
    # The bucket empties before the next step.
    time.sleep(6)
    return f"{len(refused)} of 700 requests at once refused, and served again a second later"


def speak_tls(scenario: Scenario) -> str:
    """With a certificate in its folder the proxy speaks TLS, and addresses in answers say so."""
    trust = ssl.create_default_context(cafile=str(scenario.certificate))
    address = f"https://127.0.0.1:{scenario.tls_port}{PREFIX}/"
    with httpx.Client(verify=trust, timeout=30) as client:
        links = client.get(address).json()["links"]
        assert next(link["href"] for link in links if link["rel"] == "self") == address
    with scenario.web as client:
        assert f"https://127.0.0.1:{scenario.tls_port}" not in client.get("").text
    return "certificate verified, addresses with https, and those without TLS as before"


def make_certificate(folder: Path) -> Path:
    """A certificate of 127.0.0.1 for a day, where the proxy looks for it."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=127.0.0.1"
    files = ("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "tls.key", "-out", "tls.crt")
    subprocess.run([*command.split(), *files], cwd=folder, check=True, capture_output=True)
    (folder / "tls.key").chmod(0o644)  # another account reads it
    return folder / "tls.crt"


def open_in_a_browser(scenario: Scenario) -> str:
    """Pages and STAC Browser under a prefix; nothing fails on them and no other host is asked."""
    with launched() as browser:
        with watching(browser, scenario.service, locale="en-GB") as watched:
            watched.open("")
            expect(watched.page.locator("body")).to_contain_text("FLATSIM: Sentinel-1 InSAR products")
            watched.open(f"collections/{PAIRS}")
            expect(watched.page.locator("body")).to_contain_text("SYNTHETIC")
            watched.keep("compose-collection")
        with watching(browser, scenario.service, "browser/", locale="en-GB") as watched:
            watched.open("")
            watched.page.get_by_role("link", name="Balkans: FLATSIM Sentinel-1 interferograms").click()
            watched.page.get_by_role("link", name="FLATSIM Balkans").first.click()
            expect(watched.page.get_by_role("heading", level=1)).to_contain_text("interferogram")
            assert f"{PREFIX}/browser/" in watched.page.url
            watched.page.wait_for_load_state("networkidle")
            watched.keep("compose-browser-item")
    return f"landing page, collection, STAC Browser down to an item, under {PREFIX}/"


def watch_figures(scenario: Scenario) -> str:
    """Prometheus gets all figures, and its rules are loaded."""
    with httpx.Client(base_url=f"http://127.0.0.1:{scenario.prometheus_port}/api/v1/", timeout=10) as client:

        def value(query: str) -> list[tuple[dict[str, str], float]]:
            found = client.get("query", params={"query": query}).json()["data"]["result"]
            return [(one["metric"], float(one["value"][1])) for one in found]

        def is_all_well() -> bool:
            probes = [well for _, well in value("probe_success")]
            return len(probes) == 3 and all(probes) and [well for _, well in value("pg_up")] == [1.0]

        wait_for("probes of two service containers and of the proxy succeed", is_all_well)
        assert all(well == 1 for _, well in value("up")), value("up")
        wait_for("the standby is seen", lambda: len(value("flatsim_standby_lag_seconds")) == 1)
        wait_for("items are counted", lambda: sum(items for _, items in value("flatsim_catalogue_items")) > 0)
        dashboard = json.loads((ROOT / "deploy" / "grafana" / "dashboard.json").read_text())
        drawn = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        # A rate needs two looks.
        wait_for("all figures of the dashboard are there", lambda: all(map(value, drawn)))
        groups = client.get("rules").json()["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        assert rules
        assert all(rule["health"] == "ok" for rule in rules)
    return f"{len(rules)} alert rules, {len(drawn)} figures of the dashboard, all with values"


def lose_a_service_container(scenario: Scenario) -> str:
    """No one notices; when it is back, it gets requests again."""
    project = scenario.project
    lost = project.containers("api")[0]
    with traffic(scenario) as seen:
        time.sleep(1)
        project.kill(lost)
        time.sleep(6)
        project.start(lost)
        project.wait_until_healthy("api")
        time.sleep(3)
        began = time.time()
        time.sleep(3)
    assert set(seen) == {200}, seen
    asked = [
        line
        for line in project.engine("logs", "--since", f"{began:.3f}", lost["Id"]).splitlines()
        if "POST /stac/search" in line
    ]
    assert asked, "the container that came back is not asked"
    return f"{seen.total()} searches meanwhile, all answered; it is asked again after it came back"


def crash_a_service_process(scenario: Scenario) -> str:
    """A process that dies is started again by the engine."""
    before = scenario.project.containers("api")[0]
    process = int(before["State"]["Pid"])
    if os.geteuid() != 0 or not Path(f"/proc/{process}").exists():
        return "not done: the engine's processes are not ours to kill"
    with traffic(scenario) as seen:
        os.kill(process, signal.SIGKILL)
        wait_for(
            "it runs again", lambda: scenario.project.containers("api")[0]["RestartCount"] > before["RestartCount"]
        )
        seconds = scenario.project.wait_until_healthy("api")
    assert set(seen) == {200}, seen
    return f"restarted and healthy {seconds:.1f} s later; {seen.total()} searches meanwhile, all answered"


def lose_the_upstream(scenario: Scenario) -> str:
    """Without any service container: 503 in the service's form, while files and what is cached are served."""
    project = scenario.project
    address = scenario.raster()
    containers = project.containers("api")
    with scenario.web as client:
        path = f"search?limit=2&bbox=0,0,{random.randint(50, 89)},{random.randint(50, 89)}"
        assert client.get(path).status_code == 200
        for one in containers:
            project.kill(one)
        answer = scenario.search(client)
        assert (answer.status_code, answer.json()["code"]) == (503, "ServiceUnavailable"), answer.text
        assert answer.headers["retry-after"]
        assert client.get(path).headers["x-cache-status"] == "HIT"
        assert client.get(address, headers={"Range": "bytes=0-9"}).status_code == 206
        for one in containers:
            project.start(one)
    seconds = scenario.wait_until_found()
    project.wait_until_healthy("api")
    return f"503 with Retry-After, files and cached answers served; answers again {seconds:.1f} s after the start"


def lose_a_worker(scenario: Scenario) -> str:
    """A worker of the cluster killed in the middle of a build loses nothing."""
    project = scenario.project
    digest = project.ask("database", DIGEST)
    project.run("up", "-d", "--no-deps", "builder", FLATSIM_BUILD_OPTIONS="--refresh --checksums")
    victim = project.containers("worker")[0]
    mark = time.time()
    wait_for("the workers have jobs", lambda: _processor_s(project, victim) > 0.5)
    project.kill(victim)
    assert project.only("builder")["State"]["Running"], "the build ended before the worker was killed"
    wait_for("the builder ends", lambda: not project.only("builder")["State"]["Running"])
    assert project.only("builder")["State"]["ExitCode"] == 0, project.logs("builder")
    report = json.loads(project.logs("builder").splitlines()[-1])
    assert (report["found"], report["refused"]) == (PACKAGES, 0), report
    assert "Remove worker" in project.engine("logs", "--since", f"{mark:.3f}", project.only("scheduler")["Id"])
    # With checksums every item is another than before; their number is not.
    assert project.ask("database", DIGEST).partition("|")[0] == digest.partition("|")[0] == str(PACKAGES)
    project.start(victim)
    return f"build ended with status 0, {PACKAGES} packages found and none refused"


def _processor_s(project: Project, container: dict[str, Any]) -> float:
    """Processor time that a worker has used beyond what its start took, in seconds."""
    used = project.engine("exec", container["Id"], "python", "-c", _USED).strip()
    start = _starts.setdefault(container["Id"], float(used))
    return float(used) - start


_USED: Final = (
    "fields = open('/proc/1/stat').read().rpartition(')')[2].split(); print((int(fields[11]) + int(fields[12])) / 100)"
)
_starts: dict[str, float] = {}


def lose_a_standby(scenario: Scenario) -> str:
    """Reads and builds go on; when it is back, it has what it missed."""
    project = scenario.project
    standby = project.only("replica")
    with traffic(scenario) as seen:
        project.kill(standby)
        project.run("run", "--rm", "--no-deps", "builder", FLATSIM_BUILD_OPTIONS="--refresh", FLATSIM_DASK="")
        project.start(standby)
        seconds = wait_for("the standby has caught up", lambda: _has_caught_up(project))
    assert set(seen) == {200}, seen
    assert project.ask("replica", "SELECT pg_is_in_recovery()") == "t"
    assert project.ask("replica", DIGEST) == project.ask("database", DIGEST)
    return f"{seen.total()} searches meanwhile, all answered; caught up after {seconds:.1f} s, item by item equal"


def _has_caught_up(project: Project) -> bool:
    state = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND replay_lsn >= pg_current_wal_lsn()"
    return project.ask("database", state) == "1"


def lose_the_primary(scenario: Scenario) -> str:
    """Searches get 503 with Retry-After until it is back; files are served. The standby follows it again.

    HERE BELONGS, once the service reads from standbys by itself (FLATSIM_READ_DATABASES): reads go on. The assertion of
    503 becomes that of `set(seen) == {200}`.
    """
    project = scenario.project
    address = scenario.raster()
    primary = project.only("database")
    project.kill(primary)
    with scenario.web as client:
        answer = scenario.search(client)
        assert (answer.status_code, answer.json()["code"]) == (503, "DatabaseUnavailable"), answer.text
        assert answer.headers["retry-after"]
        health = client.get("_mgmt/health")
        assert (health.status_code, health.json()["database"]["status"]) == (503, "DOWN")
        assert client.get("_mgmt/ping").status_code == 200
        assert client.get(address, headers={"Range": "bytes=0-9"}).status_code == 206
    project.start(primary)
    seconds = scenario.wait_until_found()
    wait_for("the standby follows again", lambda: _has_caught_up(project))
    return (
        f"503 with Retry-After and health DOWN meanwhile; found again {seconds:.1f} s after its start, standby follows"
    )


def restore_a_backup(scenario: Scenario) -> str:
    """Runbook, restore: a backup is taken under load, the primary and its data are lost, and nothing is missing."""
    project = scenario.project
    digest = project.ask("database", DIGEST)
    with traffic(scenario) as seen:
        project.run("exec", "-T", "database", "back-up-database", "first")
    assert set(seen) == {200}, seen
    project.run("exec", "-T", "database", "back-up-database", "first", status=2)
    project.run("run", "--rm", "--no-deps", "database", "restore-backup", "first", status=2)  # there is a database
    project.run("rm", "-fs", "database")
    project.engine("volume", "rm", f"{project.name}_database")
    project.run("run", "--rm", "--no-deps", "database", "restore-backup", "first")
    project.run("up", "-d", "--no-deps", "database")
    seconds = scenario.wait_until_found()
    assert project.ask("database", DIGEST) == digest
    # The standby followed the database that is lost.
    project.run("rm", "-fsv", "replica")
    project.run("up", "-d", "--no-deps", "replica")
    project.wait_until_healthy("replica")
    wait_for("the standby that was made anew follows", lambda: _has_caught_up(project))
    assert project.ask("replica", DIGEST) == digest
    return f"{seen.total()} searches during the backup; found {seconds:.1f} s after the start; items equal, new standby"


def read_from_the_standby(scenario: Scenario) -> str:
    """Runbook, the primary is lost: the service is pointed at the standby, which is then promoted and built into."""
    project = scenario.project
    digest = project.ask("database", DIGEST)
    project.kill(project.only("database"))
    project.run("up", "-d", "--no-deps", "--scale", "api=2", "api", FLATSIM_READ_HOST="replica")
    scenario.wait_until_found()
    ids = [item.id for item in Client.open(scenario.service).search(limit=25).items()]
    assert len(set(ids)) == PACKAGES
    project.engine("exec", project.only("replica")["Id"], "pg_ctl", "promote", "-w")
    project.run("run", "--rm", "--no-deps", "builder", FLATSIM_PRIMARY="replica", FLATSIM_DASK="")
    assert project.ask("replica", "SELECT pg_is_in_recovery()") == "f"
    assert project.ask("replica", DIGEST) == digest
    assert scenario.matched() == PACKAGES
    return (
        "the service answers from the standby; promoted, it takes a build, and its items are those of the lost primary"
    )


def bring_down(scenario: Scenario) -> str:
    """Nothing is left."""
    project = scenario.project
    project.run("down", "-v", "--remove-orphans", "-t", "20")
    label = f"label=com.docker.compose.project={project.name}"
    for kind in (["ps", "-aq"], ["volume", "ls", "-q"], ["network", "ls", "-q"]):
        assert project.engine(*kind, "--filter", label).split() == [], kind
    return "no container, volume or network is left"


STEPS: Final[tuple[Callable[[Scenario], str], ...]] = (
    bring_up,
    look_at_containers,
    refuse_wrong_settings,
    search_with_a_client,
    serve_files,
    cache_answers,
    speak_tls,
    open_in_a_browser,
    watch_figures,
    lose_a_service_container,
    crash_a_service_process,
    lose_the_upstream,
    limit_rates,
    lose_a_worker,
    lose_a_standby,
    lose_the_primary,
    restore_a_backup,
    read_from_the_standby,
    bring_down,
)


def free_ports(number: int) -> list[int]:
    """Ports of this machine that no one listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def main(docker: str, *compose: str) -> int:
    """Take every step; returns the exit status."""
    port, tls_port, prometheus_port = free_ports(3)
    certificate = make_certificate(ROOT / "artifacts" / "tls")
    settings = {
        "FLATSIM_TLS_DIR": str(certificate.parent),
        "FLATSIM_PORT": str(port),
        "FLATSIM_TLS_PORT": str(tls_port),
        "FLATSIM_PROMETHEUS_PORT": str(prometheus_port),
        "FLATSIM_ROOT_PATH": PREFIX,
        "FLATSIM_DASK": "tcp://scheduler:8786",
    }
    empty = ROOT / "artifacts" / "empty.env"
    empty.write_text("")
    project = Project(docker, compose, os.environ["COMPOSE_PROJECT_NAME"], empty, settings)
    scenario = Scenario(project, port, tls_port, prometheus_port, certificate)
    took: dict[str, float] = {}
    for number, step in enumerate(STEPS, 1):
        name = step.__name__.replace("_", " ")
        print(f"[{number}/{len(STEPS)}] {name} ... ", end="", flush=True)  # noqa: T201
        began = time.monotonic()
        try:
            asserted = step(scenario)
        except BaseException:
            print("FAILED", flush=True)  # noqa: T201
            raise
        took[name] = round(time.monotonic() - began, 1)
        print(f"{took[name]} s: {asserted}", flush=True)  # noqa: T201
    scenario.figures["steps_s"] = took
    (ROOT / "artifacts" / "compose.json").write_text(json.dumps(scenario.figures, indent=1) + "\n")
    for what in ("image_mb", "memory_mb", "start_s", "ran_s"):
        print(what, json.dumps(scenario.figures[what]))  # noqa: T201
    print(f"{len(STEPS)} steps in {sum(took.values()):.0f} s, with the profiles {', '.join(PROFILES)}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
