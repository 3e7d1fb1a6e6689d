"""Plans of the benchmark's questions over 20 000 items: an index serves each, and no table is read from end to end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.database.pool import Session
from benchmarks.items import Catalogue
from benchmarks.questions import KINDS, questions
from catalog_builder.pipeline.load import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from api.settings.service import ServiceSettings

ITEMS = 20_000
READ_WHOLE = ("aggregated, everything", "/collections", "landing page", "queryables")
"""Kinds that count all items, or read no table of items."""
LARGE = re.compile(r"Seq Scan on (?:\w+\.)?(item_index|item_shapes|item_documents|_items_\w+)")


@pytest.fixture
def large_dsn(database_dsn: str, tmp_path: Path) -> str:
    """A database of the benchmark's items."""
    Catalogue(ITEMS, regions=2).write(tmp_path / "lines")
    load(tmp_path / "lines", database_dsn)
    with psycopg.connect(database_dsn, autocommit=True) as session:
        session.execute("ANALYZE")
    return database_dsn


def test_an_index_serves_every_question(
    large_dsn: str, make_settings: Callable[..., ServiceSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    plans: dict[str, list[str]] = {}
    asking, fetch = [""], Session.fetch

    async def explain(self: Session, statement: str, *values: Any, **more: Any) -> Any:
        if "flatsim.item_index" in statement:
            await self.execute("SET enable_seqscan = off")  # at this size reading all may well be the quickest
            lines = await fetch(self, f"EXPLAIN {statement}", *values)
            plans.setdefault(asking[0], []).extend(line for (line,) in lines)
        return await fetch(self, statement, *values, **more)

    monkeypatch.setattr(Session, "fetch", explain)
    catalogue = Catalogue(ITEMS, regions=2)
    with TestClient(create_app(make_settings(database=large_dsn))) as client:
        for kind in KINDS:
            if kind.name.startswith(READ_WHOLE):
                continue
            for question in questions(kind, catalogue, 0, 3):
                asking[0] = kind.name
                answer = client.post(question.path, json=question.body) if question.body else client.get(question.path)
                assert answer.status_code == 200, (kind.name, answer.text)
    scans = {name: found for name, lines in plans.items() if (found := set(LARGE.findall("\n".join(lines))))}
    assert len(plans) > 15
    assert scans == {}
