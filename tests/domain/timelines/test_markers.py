"""Markers hold the place of a reader; each change is a new version."""

from __future__ import annotations

import pytest

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.timelines import markers
from storage.engine import Database
from tests.kit.people import create_accounts


async def test_markers_are_kept_apart(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    async with database.write() as tx:
        assert await markers.load(tx, ann, ["home"]) == {}
        assert await markers.load_last_read(tx, ann, "notifications") == 0
        await markers.update(tx, ann, {"home": 5, "notifications": 6})
        made = await markers.update(tx, ann, {"home": 9})
        assert list(made) == ["home"]
        assert (made["home"].last_read_id, made["home"].version) == (9, 2)
        both = await markers.load(tx, ann, ["home", "notifications", "other"])
        assert (both["notifications"].last_read_id, both["notifications"].version) == (6, 1)
        assert await markers.load_last_read(tx, ann, "notifications") == 6
        assert await markers.load(tx, bob, ["home", "notifications"]) == {}


@pytest.mark.parametrize("values", [{"elsewhere": 1}, {"home": -1}, {"home": 1 << 63}])
async def test_wrong_values_are_refused(
    database: Database, here: NodeContext, values: dict[str, int]
) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    async with database.write() as tx:
        with pytest.raises(InvalidError):
            await markers.update(tx, ann, values)
