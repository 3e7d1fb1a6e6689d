"""The tutorial as a notebook: its Python blocks are cells, and what they print is left to those who run them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

_PYTHON: Final = re.compile(r"^```python\n(?P<code>.*?)^```$(?:\n```text\n.*?^```$)?", re.MULTILINE | re.DOTALL)
_COMMENT: Final = re.compile(r"^<!--.*?-->\n", re.MULTILINE | re.DOTALL)
_PICTURE: Final = re.compile(r"!\[[^\]]*\]\([^)]*\)\n*")
"""Pictures are those that the cells draw."""
_SELF: Final = re.compile(r"^The same text is a notebook: .*\n", re.MULTILINE)
_METADATA: Final = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebook(markdown: str) -> str:
    """The notebook of a document, in format 4.5 and without outputs."""
    cells: list[dict[str, Any]] = [
        {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": source.splitlines(keepends=True)}
        | ({"execution_count": None, "outputs": []} if kind == "code" else {})
        for number, (kind, source) in enumerate(_cells(markdown))
    ]
    book: dict[str, Any] = {"cells": cells, "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _cells(markdown: str) -> Iterator[tuple[str, str]]:
    end = 0
    for block in _PYTHON.finditer(markdown):
        yield from _words(markdown[end : block.start()])
        yield "code", block["code"].rstrip("\n")
        end = block.end()
    yield from _words(markdown[end:])


def _words(text: str) -> Iterator[tuple[str, str]]:
    for unwanted in (_COMMENT, _PICTURE, _SELF):
        text = unwanted.sub("", text)
    if text.strip():
        yield "markdown", re.sub(r"\n{3,}", "\n\n", text.strip("\n"))
