"""Ctrl-C: one line, status 130, no process left, and the next build finishes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from catalog_builder.pipeline.build import build
from catalog_builder.sample import SampleManifest
from catalog_builder.sinks.static import StaticSink
from catalog_builder.stac.layout import StaticLayout

PROGRAM = """
import sys
from catalog_builder.pipeline import pool
from catalog_builder.pipeline import build
from catalog_builder.cli import main
if __name__ == "__main__":
    pool.WORTH_A_POOL = build.BATCH = 1
    main()
"""


def group(leader: int) -> list[int]:
    """Living processes of a group."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == leader and fields[0] != "Z":
            found.append(int(file.parent.name))
    return found


def test_ctrl_c_of_a_terminal(small_tree: tuple[Path, SampleManifest], tmp_path: Path) -> None:
    script, out = tmp_path / "program.py", tmp_path / "out"
    script.write_text(PROGRAM)
    command = [sys.executable, str(script), "build", str(small_tree[0]), "--out", str(out), "--workers", "2"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, env=environment
    )
    deadline = time.monotonic() + 60
    while len(group(process.pid)) < 3:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert stdout == ""
    assert stderr.splitlines() == ["flatsim-stac: interrupted; the same command goes on from here"]
    while group(process.pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    report = build([small_tree[0]], StaticSink(out), StaticLayout(out.resolve()))
    assert report.catalogued + report.unchanged == report.found == 18
