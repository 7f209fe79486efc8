from typing import Any
import pytest
from tests import stack
from tests.attacks import test_page_scopes as p


async def test_rows(kafka: str, database: stack.Database, topics: str, monkeypatch: pytest.MonkeyPatch) -> None:
    all_rows = p.rows
    monkeypatch.setattr(p, "rows", lambda s: [r for r in all_rows(s) if "/uploads" in r[0]])
    monkeypatch.setattr(
        p,
        "page_routes",
        lambda app: {p.route_of(c) for c, _ in p.rows("registration")} | {f"GET {x}" for x in p.FOR_EVERYBODY},
    )

    async def skip(*a: Any) -> None: ...

    monkeypatch.setattr(p, "check_what_is_others", skip)
    await p.test_registrations_pages_show_each_key_its_own(kafka, database, topics)
