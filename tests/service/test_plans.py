"""What the planner makes of the benchmark's searches over a large catalogue: no large table is read from end to end."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.database.pool import Session
from benchmarks.items import Catalogue
from benchmarks.questions import KINDS, questions

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.settings.service import ServiceSettings

DSN = os.environ.get("FLATSIM_LARGE_CATALOGUE")
LARGE = 10_000
OTHERS = ("aggregated", "network", "/collections", "landing page", "queryables")


@pytest.mark.full
@pytest.mark.skipif(not DSN, reason="FLATSIM_LARGE_CATALOGUE is the DSN of a database of `python -m benchmarks.curve`")
def test_large_tables_are_read_along_indexes(
    make_settings: Callable[..., ServiceSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    plans: dict[str, list[str]] = {}
    asking, own = [""], Session.fetch

    async def explained(self: Session, statement: str, *values: Any, **more: Any) -> Any:
        if "pgstac.items" in statement:
            told = await own(self, f"EXPLAIN {statement}", *values)
            plans.setdefault(asking[0], []).extend(line for (line,) in told)
        return await own(self, statement, *values, **more)

    monkeypatch.setattr(Session, "fetch", explained)
    with TestClient(create_app(make_settings(database=DSN))) as client, psycopg.connect(str(DSN)) as session:
        catalogue = Catalogue(1_000_000, regions=19)
        for kind in KINDS:
            if not kind.name.startswith(OTHERS):
                asking[0] = kind.name
                (question,) = questions(kind, catalogue, 0, 1)
                answer = client.post(question.path, json=question.body) if question.body else client.get(question.path)
                assert answer.status_code == 200, kind.name
        counted = session.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'pgstac'::regnamespace AND reltuples > %s", (LARGE,)
        ).fetchall()
    large = {name for (name,) in counted}
    scans = {
        name: read
        for name, lines in plans.items()
        if (read := {found[1] for line in lines if (found := re.search(r"Seq Scan on (\w+)", line))} & large)
    }
    assert len(plans) > 10
    assert scans == {}
