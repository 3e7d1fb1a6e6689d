"""The service beside its peers, over the same items on the same server, in one run: questions that no one has asked."""

from __future__ import annotations

import json
import math
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from benchmarks.peers import INSTALLED, PEERS, Peer, Running, compile_ours, own_programs
from benchmarks.questions import KINDS, Kind, questions
from benchmarks.stored import FOLDER, REGIONS, WRITES_PER_S, Stored, disk_kb, settle, writer
from benchmarks.traffic import PATIENCE_S, Client, Request, Timing, run

FIRST_PORT = 18_300
CHECKED = 3
"""Questions of each kind that are asked of every service before, and whose answers are compared."""
FEW = 20
"""Answers below which a cell says how many it has."""
MOST_PER_S = 500
"""Questions drawn for each second of a cell; one that runs out of them ends early."""
OURS = "ours"
AGAIN = "the same again"
NOTHING = "-"

Cell = tuple[str, str, str]
"""Kind, setting, peer."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: kinds of questions, seconds for each cell, clients that are many, seed of all that is drawn."""

    kinds: tuple[Kind, ...]
    seconds: float
    clients: int
    seed: int

    @property
    def settings(self) -> tuple[str, ...]:
        """Under which each kind is asked; the writer comes last, for it leaves its traces."""
        return ("quiet", AGAIN, f"{self.clients} clients", f"{WRITES_PER_S} writes/s")


@dataclass(slots=True)
class Results:
    """All timings of a run, what stood in the way, and whether our service gave an answer that it must not give."""

    cells: dict[Cell, Timing] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    writers: dict[str, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    """Commits and seconds of the writer beside each peer."""
    is_wrong: bool = False

    def cell(self, kind: str, setting: str, peer: str) -> Timing:
        """The timing of a cell; an empty one where nothing was measured."""
        return self.cells.get((kind, setting, peer), Timing())


def matches(request: Request, body: bytes) -> tuple[list[str] | int, int | None] | None:
    """What two services must agree about: the items of an answer, or their number where more match than are given, and
    the total, if it is said.

    Of more, each has its own order for items of equal keys, and of the default order another idea: pgstac takes the
    start of a range for its `datetime`.
    """
    document: dict[str, Any] = json.loads(body)
    if "features" not in document:
        return None
    ids = sorted(item["id"] for item in document["features"])
    return (len(ids) if len(ids) == request.limit else ids), document.get("numberMatched")


def check(kind: Kind, requests: list[Request], services: list[Running], results: Results) -> list[Running]:
    """Ask each service the same; gives those that answer, and notes why others do not, or differently from ours."""
    good = []
    for service in services:
        own = service.peer.ours
        if not own and (kind.ours_only or (service.peer.name == "rustac" and not kind.rustac)):
            continue
        client = Client(service.port)
        answers = [client.send(request) for request in requests]
        client.close()
        found = [
            matches(one, body) if status == 200 else None for one, (status, body) in zip(requests, answers, strict=True)
        ]
        if own:
            expected = found
            if all(one and one[0] == [] for one in found):
                results.notes.append(f"{kind.name}: the questions that were checked matched nothing")
        bad = next(((status, body) for status, body in answers if status not in {200, -1}), None)
        if bad is not None:
            results.notes.append(f"{kind.name}, {service.peer.name}: {bad[0]} {bad[1][:120].decode(errors='replace')}")
            results.is_wrong |= own
            continue
        good.append(service)
        pairs = [(one, other) for one, other in zip(found, expected, strict=True) if one and other]
        if any(one[0] != other[0] for one, other in pairs):
            results.notes.append(f"{kind.name}, {service.peer.name}: other items than ours")
        elif any(None not in {one[1], other[1]} and one[1] != other[1] for one, other in pairs):
            results.notes.append(f"{kind.name}, {service.peer.name}: another total than ours")
    return good


def measure(stored: Stored, services: list[Running], plan: Plan, results: Results) -> None:
    """All kinds in all settings by all services, one after the other; each cell has questions of its own.

    The services are asked the same questions in the same order.
    """
    many = CHECKED + int(plan.seconds * MOST_PER_S + 2 * FEW) * (len(plan.settings) - 1)
    drawn = {kind: questions(kind, stored.catalogue, plan.seed, many) for kind in plan.kinds}
    spent = {kind: min(CHECKED, len(asked) // 2) for kind, asked in drawn.items()}  # small catalogues have few
    good = {kind: check(kind, asked[: max(spent[kind], 1)], services, results) for kind, asked in drawn.items()}
    for number, setting in enumerate(plan.settings):
        for kind, asked in drawn.items():
            repeats = int(plan.seconds * MOST_PER_S * 2) + FEW
            part = asked * repeats if kind.is_single else asked[spent[kind] + number :: len(plan.settings)]
            if setting == AGAIN:
                part = [] if kind.is_single else part[:1] * repeats
            for service in good[kind] if part else ():
                timing = _timed(stored, service, part, setting, plan, results)
                results.cells[kind.name, setting, service.peer.name] = timing
                results.is_wrong |= service.peer.ours and timing.errors > 0
            click.echo(f"  {setting}: {kind.name}", err=True)


def _timed(stored: Stored, service: Running, part: list[Request], setting: str, plan: Plan, results: Results) -> Timing:
    settle(service.dsn)
    if setting == AGAIN:
        run(service.port, part[:1], 1, 0)
    clients = plan.clients if setting.endswith("clients") else 1
    if not setting.endswith("writes/s"):
        return run(service.port, part, clients, plan.seconds)
    begun = time.perf_counter()
    with writer(service.dsn, stored.catalogue, plan.seed) as commits:
        timing = run(service.port, part, clients, plan.seconds)
        results.writers[service.peer.name][0] += len(commits)
        results.writers[service.peer.name][1] += time.perf_counter() - begun
    return timing


def table(results: Results, plan: Plan, peers: list[str]) -> Iterator[str]:
    """Markdown: median and 95th percentile of each peer, and how many times as long as ours its median is."""
    others = [peer for peer in peers if peer != OURS]
    yield "| ms | setting | " + " | ".join([*peers, *(f"{peer} : ours" for peer in others)]) + " |"
    yield "|---" * (2 + len(peers) + len(others)) + "|"
    for kind in plan.kinds:
        for setting in plan.settings:
            ours = results.cell(kind.name, setting, OURS)
            row = [results.cell(kind.name, setting, peer) for peer in others]
            if any(timing.seconds or timing.errors or timing.refused for timing in (ours, *row)):
                ratios = [_ratio(ours, timing) for timing in row]
                yield f"| {kind.name} | {setting} | " + " | ".join([*map(cell, (ours, *row)), *ratios]) + " |"


def cell(timing: Timing) -> str:
    """Median and 95th percentile, the number of answers where they are few, and what else came."""
    parts = []
    if timing.seconds:
        limit = f"> {PATIENCE_S * 1000:.0f}"
        parts.append(
            " / ".join(f"{ms:.1f}" if math.isfinite(ms) else limit for ms in (timing.median_ms, timing.p95_ms))
        )
        if len(timing.seconds) < FEW:
            parts.append(f"only {len(timing.seconds)}")
    parts += [f"{timing.errors} failed"] * bool(timing.errors) + [f"{timing.refused} refused"] * bool(timing.refused)
    return ", ".join(parts) or NOTHING


def _ratio(ours: Timing, other: Timing) -> str:
    ratio = ours.ratio(other)
    sign = "> " * (ratio > 0 and math.isinf(other.median_ms))
    return f"{sign}{ratio:.1f}" if math.isfinite(ratio) else NOTHING


def write(lines: list[str], out: Path | None) -> None:
    """Print the lines, and put them into a file if one is named."""
    click.echo("\n".join(lines))
    if out:
        out.write_text("\n".join(lines) + "\n")


def plan_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a plan, and those of where data and tables are."""
    for option in (
        click.option("--out", type=click.Path(path_type=Path), help="Also write the tables there."),
        click.option(
            "--folder", type=click.Path(path_type=Path), default=FOLDER, show_default=True, help="Of the data."
        ),
        click.option("--regions", default=REGIONS, show_default=True, help="Each has three collections."),
        click.option("--seed", default=0, show_default=True, help="Of the questions."),
        click.option("--only", multiple=True, help="Beginning of names of questions; any number."),
        click.option("--clients", default=8, show_default=True, help="Of the setting with many."),
        click.option("--seconds", default=1.0, show_default=True, help="For each cell."),
    ):
        command = option(command)
    return command


def create_plan(seconds: float, clients: int, only: tuple[str, ...], seed: int) -> Plan:
    """The plan that the options ask for."""
    kinds = tuple(kind for kind in KINDS if not only or kind.name.startswith(only))
    if not kinds:
        msg = "there are " + ", ".join(kind.name for kind in KINDS)
        raise click.BadParameter(msg, param_hint="--only")
    return Plan(kinds, seconds, clients, seed)


def measured(stored: Stored, chosen: list[Peer], programs: Path, plan: Plan) -> tuple[Results, list[str]]:
    """All timings over a catalogue, and lines about the services and the room on disk."""
    results = Results()
    with ExitStack() as stack:
        databases = stack.enter_context(stored.running(peers=any(not peer.ours for peer in chosen)))
        compile_ours()
        services = []
        for number, peer in enumerate(chosen):
            dsn = databases.ours if peer.ours else str(databases.peers)
            services.append(Running(peer, programs, dsn, FIRST_PORT + number))
            stack.callback(services[-1].stop)
        measure(stored, services, plan, results)
        facts = [
            f"{one.peer.name}: started in {one.start_s:.2f} s, first search after {one.cold_s * 1000:.0f} ms, peak "
            f"{one.peak_mb():.0f} MB, {count:.0f} commits of the writer in {seconds:.0f} s"
            for one in services
            for count, seconds in (results.writers[one.peer.name],)
        ]
        for dsn in dict.fromkeys(service.dsn for service in services):
            sizes = ", ".join(f"{part} {size:.1f}" for part, size in disk_kb(dsn).items())
            facts.append(f"on disk, kB an item, {dsn.rpartition('/')[2]}: {sizes}")
    return results, [*facts, "", *dict.fromkeys(results.notes)]


@click.command()
@click.option("--items", default=10_000, show_default=True)
@click.option("--peer", "wanted", multiple=True, type=click.Choice([p.name for p in PEERS]), help="Default: all.")
@click.option("--installed", is_flag=True, help="Take the peers that are installed here, not those of their own.")
@plan_options
def main(
    items: int,
    wanted: tuple[str, ...],
    regions: int,
    folder: Path,
    out: Path | None,
    *,
    installed: bool,
    **options: Any,
) -> None:
    """Start all services, ask them the same, print how long each took beside ours."""
    chosen = [peer for peer in PEERS if peer.ours or not wanted or peer.name in wanted]
    plan = create_plan(**options)
    programs = INSTALLED if installed or len(chosen) == 1 else own_programs()
    results, facts = measured(Stored(items, folder, regions), chosen, programs, plan)
    head = (
        f"{items} items, median / 95th percentile of {plan.seconds} s a cell; each cell has questions of its own, the "
        f'same for all services; "only N" answers in cells of fewer than {FEW}. Ratios are of the medians of the '
        "questions that both were asked."
    )
    write([head, "", *table(results, plan, [peer.name for peer in chosen]), "", *facts], out)
    if results.is_wrong:
        sys.exit(1)


if __name__ == "__main__":
    main()
