"""A build that is killed in the middle of what it writes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

_PROGRAM: Final = """
import os, signal, sys
from pathlib import Path
from catalog_builder.pipeline import build as module
from catalog_builder.stac.layout import StaticLayout
from catalog_builder.sinks import static
from catalog_builder.thumbnails.folder import ThumbnailFolder
tree, out, steps, thumbnails = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
module.BATCH = 2
done = 0
def event(name, arguments):
    global done
    if name in ("open", "os.rename", "os.remove") and str(out) in str(arguments[0]):
        done += 1
        if done == steps:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(event)
layout = StaticLayout(out, thumbnails=ThumbnailFolder(out / "thumbnails") if thumbnails else None)
module.build([tree], static.StaticSink(out), layout, prune=not thumbnails)
"""


def killed_build(tree: Path, out: Path, steps: int, *, thumbnails: bool = False) -> None:
    """Build a static catalogue until so many files of it have been opened, moved or removed."""
    command = [sys.executable, "-c", _PROGRAM, str(tree), str(out), str(steps), *(["thumbnails"] if thumbnails else [])]
    killed = subprocess.run(command, check=False, capture_output=True, env={**os.environ, "PYTHONWARNINGS": ""})
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
