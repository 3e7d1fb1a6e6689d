"""The benchmark of the service in its short form: whether answers are right, never how long they took."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.questions import KINDS

ROOT = Path(__file__).parents[2]


def test_peers_over_the_same_items_answer_the_same() -> None:
    options = "--items 300 --regions 2 --seconds 0.02 --clients 3 --installed --peer plain --peer rustac"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the database server runs under an account of its own
        command = [sys.executable, "-m", "benchmarks.service", *options.split(), "--folder", folder]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(f"| {kind.name} | quiet | " in done.stdout for kind in KINDS)
    assert "| two baselines | 10 writes/s | " in done.stdout
    assert "than ours" not in done.stdout
    assert "matched nothing" not in done.stdout
    assert "failed" not in done.stdout
