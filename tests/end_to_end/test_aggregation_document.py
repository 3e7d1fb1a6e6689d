"""docs/aggregation.md: every command, and what it is said to answer, against the service over the sample."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "aggregation.md"
ADDRESS = "http://127.0.0.1:8080/"
_EXAMPLE = re.compile(r"^## (.*?)\n[^#]*?^```(bash|python)\n(.*?)^```\n```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = {title: (language, code, answer) for title, language, code, answer in _EXAMPLE.findall(DOCUMENT.read_text())}


def _answer(language: str, code: str) -> Any:
    if language == "bash":
        done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=False, timeout=60)
        return json.loads(done.stdout)["aggregations"]
    names: dict[str, Any] = {}
    exec(compile(code, DOCUMENT.name, "exec"), names)
    return {str(key): frequency for key, frequency in names["histogram"].items()}


def test_every_command_has_its_answer() -> None:
    text = DOCUMENT.read_text()
    assert len(EXAMPLES) == text.count("```bash") + text.count("```python") > 5


@pytest.mark.parametrize("title", EXAMPLES)
def test_command(title: str, service: str) -> None:
    language, code, expected = EXAMPLES[title]
    assert ADDRESS in code
    assert _answer(language, code.replace(ADDRESS, service)) == json.loads(expected)
