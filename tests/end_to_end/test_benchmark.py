"""The benchmark of the service in its short form: whether answers are right, never how long they took."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_peers_over_the_same_data_answer_the_same() -> None:
    arguments = [
        "--items",
        "300",
        "--regions",
        "2",
        "--rounds",
        "1",
        "--seconds",
        "0.02",
        "--clients",
        "1,8",
        "--installed",
    ]
    command = [sys.executable, "-m", "benchmarks.service", *arguments, "--peer", "plain", "--peer", "rustac"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| page of 10 |" in done.stdout
    assert "other items than ours" not in done.stdout
    assert "failed" not in done.stdout
