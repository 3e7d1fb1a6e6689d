"""Messages of both halves are plain technical English: patterns that readers had to guess at do not come back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for half in ("api", "catalog_builder") for path in (ROOT / half).rglob("*.py"))
BANNED = {
    r"(?<![Tt]here )\b(is|are) no (?!longer|more\b)[A-Za-z]+": "is not a …",
    r"\b(is|are) wanted\b": "expected …",
    r"\bis none\b": "is not a …",
    r"(?<!`)\bnobody\b(?!`|$)": "no client, no reader, …",  # an account has that name
    r"\banew\b": "again",
    r"\bstands? in\b": "is in",
    r"\bof ours\b": "of the service",
    r"\blacks?\b": "has no, is missing",
    r"\bthere are [`{]": "available: …",
    r"\bno such (parameter|format|form)\b": "unknown …",
    r"\btold\b": "given, described",
}


def messages(source: str) -> Iterator[tuple[int, str]]:
    """Texts of a module that are not docstrings, with their lines; what f-strings put in is `{}`."""
    tree = ast.parse(source)
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
            yield node.lineno, "".join(_text(part) for part in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


def _text(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else "{}"


def faults_in(source: str) -> list[str]:
    return [
        f"line {line}: {text!r}: write {instead!r}"
        for line, text in messages(source)
        for pattern, instead in BANNED.items()
        if re.search(pattern, text)
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_messages_are_plain_english(path: Path) -> None:
    assert faults_in(path.read_text()) == []


def test_patterns_are_found_in_messages_and_not_in_docstrings() -> None:
    source = '"""It is no box."""\nmsg = f"{text!r} is no number"\nother = "a list is wanted"\n'
    assert [fault.partition(":")[0] for fault in faults_in(source)] == ["line 2", "line 3"]
