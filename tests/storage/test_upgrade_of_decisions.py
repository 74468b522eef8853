"""Decisions about peers from before they had ids get one each when the schema is brought up to date."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import create_engine, text

from storage.migrating import alembic_config
from storage.opening import open_database
from storage.queries.peers import peers as peer_queries
from tests.kit.clock import Clock

COLUMNS = "domain, policy, rejects_media, reason, decided_at, first_seen_at, scheme, failures, software"


async def test_old_decisions_get_ids(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "old.sqlite3"
    config = alembic_config()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for name, policy, decided in (
            ("a.test", "block", 1_000),
            ("b.test", "limit", 1_000),
            ("c.test", "", None),
        ):
            values = {"name": name, "policy": policy, "decided": decided}
            connection.execute(
                text(f"INSERT INTO peers ({COLUMNS}) VALUES (:name, :policy, 0, '', :decided, 1, '', 0, '')"),
                values,
            )
        command.upgrade(config, "head")
    engine.dispose()
    database = await open_database(f"sqlite:{path}", clock)
    async with database.read() as tx:
        found = {row.domain: row for row in await peer_queries.list_with_decision(tx)}
        assert await peer_queries.find_by_decision(tx, found["a.test"].decision_id or 0) == found["a.test"]
    await database.close()
    assert set(found) == {"a.test", "b.test"}
    assert found["a.test"].decision_id != found["b.test"].decision_id
    assert not found["a.test"].rejects_reports and found["a.test"].public_comment == ""
