"""Python environments of tools that cannot share the project's packages, made once and kept in the user's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from platformdirs import user_cache_path


@dataclass(frozen=True, slots=True)
class Environment:
    """A tool and the versions that it was tested in."""

    name: str
    packages: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where it is kept; other versions or another Python have another place."""
        key = hashlib.sha256("\n".join([sys.version, *self.packages]).encode()).hexdigest()[:12]
        return user_cache_path("flatsim-stac") / "environments" / f"{self.name}-{key}"

    def python(self) -> Path:
        """Its interpreter; the test is skipped, with the reason, where its packages cannot be had."""
        found = self.folder / "bin" / "python"
        if not found.exists():
            self._make()
        return found

    def _make(self) -> None:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", str(self.folder)], check=True, capture_output=True)
        pip = [str(self.folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        try:
            subprocess.run([*pip, *self.packages], check=True, capture_output=True, text=True, timeout=600)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            shutil.rmtree(self.folder)
            said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
            pytest.skip(f"{self.name} cannot be installed here: {said[-1] if said else error}")

    def run(self, *arguments: str | Path, timeout_s: float = 300) -> subprocess.CompletedProcess[str]:
        """Run its interpreter in an empty folder, with nothing of this project to be imported."""
        hidden = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
        with tempfile.TemporaryDirectory() as empty:
            return subprocess.run(
                [str(self.python()), *map(str, arguments)],
                cwd=empty,
                env={**{name: value for name, value in os.environ.items() if name not in hidden}, "HOME": empty},
                capture_output=True,
                text=True,
                timeout=timeout_s,
                check=False,
            )


VALIDATORS = Environment("validators", ("stac-api-validator==0.6.8", "stac-check==1.14.0"))
"""They want versions of click and pystac-client that the project does not."""
MINTPY = Environment("mintpy", ("mintpy==1.6.4", "pystac-client==0.9.1", "rasterio==1.4.4"))
"""Some fifty packages, and older ones than the project's."""
EODAG = Environment("eodag", ("eodag==4.10.1",))
