"""Running the blocks of a document in order, as a reader would who does what it says."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blocks import SERVES, Block

PATIENCE_S = 120


@dataclass
class Reader:
    """Someone in a folder of their own, for whom some words of the documents mean something else.

    Python goes on with the names of the blocks before; the shell begins again with each.
    """

    folder: Path
    words: Mapping[str, str]
    """What is in the documents, and what it is here."""
    variables: Mapping[str, str]
    """Of the environment, for the shell."""
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})

    def run(self, block: Block) -> str:
        """Run it, and return what it prints on standard output.

        Raises:
            AssertionError: it fails.
        """
        code = block.code
        for word, meant in self.words.items():
            code = code.replace(word, meant)
        if block.mark == SERVES:
            self._serve(code)
            return ""
        return self._shell(code) if block.language == "bash" else self._python(code)

    def _shell(self, code: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", code],
            cwd=self.folder, env={**os.environ, **self.variables},
            capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
        assert done.returncode == 0, f"{code}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _serve(self, code: str) -> None:
        log = self.folder / "service.log"
        with log.open("w") as output:
            service = subprocess.Popen(
                ["bash", "-euo", "pipefail", "-c", code],
                cwd=self.folder, env={**os.environ, **self.variables},
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        try:
            _wait(f"http://127.0.0.1:{self.variables['FLATSIM_PORT']}/_mgmt/ping", service, log)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(service.pid, signal.SIGTERM)
            service.wait(PATIENCE_S)

    def _python(self, code: str) -> str:
        printed = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(printed), _as_a_user():
            exec(compile(code, "block", "exec"), self.names)
        return printed.getvalue()


def _wait(address: str, service: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        assert service.poll() is None, log.read_text()
        with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text())


@contextlib.contextmanager
def _as_a_user() -> Iterator[None]:
    """Warnings that Python shows to developers only are not shown; others are errors here."""
    with warnings.catch_warnings():
        for kind in (DeprecationWarning, PendingDeprecationWarning):
            warnings.simplefilter("ignore", kind)
        yield
