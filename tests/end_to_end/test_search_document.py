"""docs/search.md: every question, in each of its three forms, against the service over the sample."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx2 as httpx

DOCUMENT = Path(__file__).parents[2] / "docs" / "search.md"
ADDRESS = "http://127.0.0.1:8080/"
FORMS = ("bash", "cql2", "python")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"^Finds (\d+) ", re.MULTILINE)


@dataclass(frozen=True)
class Question:
    """A section: the blocks of code by their language, and how many items they find."""

    blocks: dict[str, str]
    number: int


def _read() -> tuple[str, dict[str, Question]]:
    """What all Python examples go on from, and the questions by their titles."""
    head, *sections = re.split(r"^## ", DOCUMENT.read_text(), flags=re.MULTILINE)
    questions = {}
    for section in sections:
        number = _NUMBER.search(section)
        assert number is not None, section
        questions[section.partition("\n")[0]] = Question(dict(_BLOCK.findall(section)), int(number[1]))
    return dict(_BLOCK.findall(head))["python"], questions


START, QUESTIONS = _read()


def _ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in items]


def _by_curl(command: str, service: str) -> list[str]:
    done = subprocess.run(
        ["bash", "-c", command.replace(ADDRESS, service)], capture_output=True, text=True, check=False, timeout=60
    )
    answer = json.loads(done.stdout)
    assert answer["numberMatched"] >= answer["numberReturned"] == len(answer["features"]), done.stderr
    return _ids(answer["features"])


def _by_filter(text: str, http: httpx.Client) -> list[str]:
    answer = http.post("search", json={"filter": text, "filter-lang": "cql2-text", "limit": 1000})
    assert answer.status_code == 200, answer.text
    return _ids(answer.json()["features"])


def _by_python(code: str, service: str) -> list[str]:
    names: dict[str, Any] = {}
    exec(compile(f"{START}\n{code}".replace(ADDRESS, service), DOCUMENT.name, "exec"), names)
    return [item.id for item in names["found"].items()]


def test_every_section_has_all_forms() -> None:
    assert len(QUESTIONS) > 10
    assert {title: tuple(question.blocks) for title, question in QUESTIONS.items()} == dict.fromkeys(QUESTIONS, FORMS)


@pytest.mark.parametrize("title", QUESTIONS)
def test_question(title: str, service: str, http: httpx.Client) -> None:
    question = QUESTIONS[title]
    by_filter = _by_filter(question.blocks["cql2"], http)
    assert len(by_filter) == question.number > 0
    assert sorted(_by_python(question.blocks["python"], service)) == sorted(by_filter)
    by_curl = _by_curl(question.blocks["bash"], service)
    assert set(by_curl) <= set(by_filter)
    assert len(by_curl) == min(len(by_filter), 10) or sorted(by_curl) == sorted(by_filter)
