"""`python -m tests.support.witness record|compare`: see the package."""

from __future__ import annotations

import argparse
import json
import logging
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from .comparison import Tolerance, compare_recordings
from .corpus import CHECKOUT, make_requests
from .documents import date_files, odd_documents, write_documents, write_odd_package
from .recording import Recorder, write_answers
from .requests import WitnessRequest, read_requests, write_requests
from .service import Checkout

MAX_LINES = 60


def main() -> int:
    """Run the command; returns the exit status."""
    logging.getLogger("stac_fastapi").setLevel(logging.ERROR)  # the tests' fixtures import it, and it warns
    options = _parser().parse_args()
    return record(options) if options.command == "record" else compare(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.support.witness", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("record", help="record the answers of a checkout")
    one.add_argument("folder", type=Path, help="where the recording is written; must not exist")
    one.add_argument("--checkout", type=Path, default=CHECKOUT, help="whose code is run; default: this one")
    one.add_argument("--like", type=Path, help="an earlier recording, whose tree, documents and requests are used")
    one.add_argument("--captured", type=Path, help="more requests, as the plugin `capture` writes them")
    one.add_argument("--database", metavar="DSN", help="owner's DSN of a database to fill; default: one of its own")
    two = commands.add_parser("compare", help="print how two recordings differ; exit status 1 if they do")
    two.add_argument("before", type=Path)
    two.add_argument("after", type=Path)
    two.add_argument("--ignore-tokens", action="store_true", help="values of page tokens may differ")
    two.add_argument("--ignore-etags", action="store_true", help="ETags may differ, not only in their values")
    two.add_argument("--ignore-key-order", action="store_true", help="members of JSON objects may be in another order")
    two.add_argument("--mask", action="append", default=[], metavar="REGEX", help="text that may differ")
    two.add_argument("--only", metavar="REGEX", help="kinds of requests to compare")
    two.add_argument("--lines", type=int, default=MAX_LINES, help="lines shown of one difference (default %(default)s)")
    return parser


def record(options: argparse.Namespace) -> int:
    """Record what a checkout answers."""
    started = time.monotonic()
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True)
    folder.chmod(0o755)  # the database's account goes through it
    source: Path = options.like.resolve() if options.like else folder
    thumbnails = folder / "thumbnails"
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="witness-")))
        home.chmod(0o755)
        checkout = Checkout(options.checkout.resolve(), home / "home")
        if not options.like:
            _write_source(checkout, source)
        dsn = options.database or stack.enter_context(checkout.run_database())
        checkout.fill_database(dsn, source / "tree", source, thumbnails)
        _say(f"database filled after {time.monotonic() - started:.0f} s")
        port = stack.enter_context(checkout.serve(dsn, source / "tree", thumbnails, folder / "service.log"))
        recorder = Recorder(port, folder)
        if not options.like:
            found = make_requests(_list_items(recorder), _list_files(recorder), source / "tree", options.captured)
            write_requests(folder / "requests.jsonl", found)
        else:
            shutil.copy(source / "requests.jsonl", folder)
        requests = read_requests(folder / "requests.jsonl")
        _say(f"service ready after {time.monotonic() - started:.0f} s")
        count = write_answers(folder / "answers.jsonl", recorder.record(requests))
    _report(requests, count, time.monotonic() - started)
    return 0


def _write_source(checkout: Checkout, folder: Path) -> None:
    """The tree and the documents that this and later recordings are made of."""
    checkout.run("sample", folder / "tree")
    write_odd_package(folder / "tree")
    date_files(folder / "tree")
    collections, items = odd_documents(folder / "tree")
    write_documents(folder / "collections.ndjson", collections)
    write_documents(folder / "items.ndjson", items)


def _list_items(recorder: Recorder) -> dict[str, list[str]]:
    """Ids of the items of each collection, sorted."""
    found: dict[str, list[str]] = {one["id"]: [] for one in _ask(recorder, "/collections?limit=1000")["collections"]}
    for item in _ask(recorder, "/search?limit=10000&fields=id,collection")["features"]:
        found[item["collection"]].append(item["id"])
    return {name: sorted(found[name]) for name in sorted(found)}


def _list_files(recorder: Recorder) -> list[str]:
    """Addresses of some thumbnails, and of what the pages are dressed with."""
    pages = [
        recorder.send("list", WitnessRequest("list", "GET", f"{path}?f=html"))[1].decode()
        for path in ("/", "/search", "/collections", "/collections/flatsim-balkans-interferogram/items")
    ]
    dressing = re.findall(r'(?:href|src)="([^"]*/pages/[^"]+)"', "".join(pages))
    text = recorder.send("list", WitnessRequest("list", "GET", "/search?limit=10000"))[1].decode()
    thumbnails = sorted(set(re.findall(r'"(https?://[^"]*/thumbnails/[^"]+)"', text)))
    return [*sorted(set(dressing)), *thumbnails[:3], *thumbnails[-3:]]


def _ask(recorder: Recorder, target: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(recorder.send("list", WitnessRequest("list", "GET", target))[1])
    return document


def _report(requests: list[WitnessRequest], answers: int, elapsed_s: float) -> None:
    for kind, number in Counter(request.kind for request in requests).items():
        _say(f"{number:5} {kind}")
    _say(f"{len(requests):5} requests, {answers} answers (with further pages and conditions), {elapsed_s:.0f} s")


def compare(options: argparse.Namespace) -> int:
    """Print the differences of two recordings."""
    masks = tuple(re.compile(pattern) for pattern in options.mask)
    tolerance = Tolerance(options.ignore_tokens, options.ignore_etags, options.ignore_key_order, masks)
    kinds: Counter[str] = Counter()
    for difference in compare_recordings(options.before, options.after, tolerance, options.only):
        lines = str(difference).splitlines()
        more = [f"   … {len(lines) - options.lines} more lines"] if len(lines) > options.lines else []
        _say("\n".join([*lines[: options.lines], *more, ""]))
        kinds[difference.answer.request["kind"]] += 1
    _say(f"{kinds.total()} answers differ{''.join(f'; {number} {kind}' for kind, number in kinds.items())}")
    return 1 if kinds else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
