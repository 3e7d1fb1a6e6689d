"""The blocks of code in the documents: which there are, what they are said to print, and which are not run and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
RUN: Final = ("bash", "python")
SHOWN: Final = ("cql2", "json", "mermaid", "nginx", "text", "toml", "yaml")
"""Languages of what is only shown: output, formulas, drawings, files of other programs."""
NOT_RUN: Final = "not run"
SERVES: Final = "runs until it answers"
"""Mark of a block whose last command is a service."""
MINTPY: Final = "runs with MintPy"
"""Mark of a block for an environment of its own."""
_BLOCK: Final = re.compile(
    rf"(?:<!-- (?P<mark>{NOT_RUN}|{SERVES}|{MINTPY})(?:: (?P<reason>[^>]*?))? -->\n)?"
    r"^```(?P<language>\w*)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_INDENTED: Final = re.compile(r"(?:\A|\n\n) {4}(?! *[-*0-9])[^\n]*")


@dataclass(frozen=True)
class Block:
    """A block, the line it begins at, and, of one that is not run, why."""

    language: str
    code: str
    line: int
    mark: str | None
    reason: str | None
    printed: str | None
    """What it is said to print: the block of text right after it."""

    @property
    def is_run(self) -> bool:
        """Whether the tests run it here, in the project's own environment."""
        return self.language in RUN and self.mark not in (NOT_RUN, MINTPY)


def documents() -> list[Path]:
    """README.md and all of docs/, in the order of their names."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def read(document: Path) -> list[Block]:
    """All fenced blocks of a document, in order."""
    text = document.read_text()
    matches = list(_BLOCK.finditer(text))
    found = []
    for match, after in zip_longest(matches, matches[1:]):
        is_printed = after is not None and after["language"] == "text" and text[match.end() : after.start()] == "\n"
        found.append(
            Block(
                language=match["language"],
                code=match["code"],
                line=text.count("\n", 0, match.start("code")),
                mark=match["mark"],
                reason=match["reason"],
                printed=after["code"] if after is not None and is_printed else None,
            )
        )
    return found


def indented(document: Path) -> list[str]:
    """First lines of blocks that are only indented, which no one could mark."""
    return [found.strip("\n") for found in _INDENTED.findall(_BLOCK.sub("", document.read_text()))]
