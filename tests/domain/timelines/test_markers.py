"""Markers hold the place of a reader; each change is a new version."""

from __future__ import annotations

import pytest

from fedserver.domain.kernel.context import Site
from fedserver.domain.kernel.errors import Invalid
from fedserver.domain.timelines import markers
from storage.engine import Database
from tests.kit.people import people


async def test_markers_are_kept_apart(database: Database, here: Site) -> None:
    ann, bob = await people(database, here, "ann", "bob")
    async with database.write() as tx:
        assert await markers.get(tx, ann, ["home"]) == {}
        assert await markers.last_read(tx, ann, "notifications") == 0
        await markers.put(tx, ann, {"home": 5, "notifications": 6})
        made = await markers.put(tx, ann, {"home": 9})
        assert list(made) == ["home"] and (made["home"].last_read_id, made["home"].version) == (9, 2)
        both = await markers.get(tx, ann, ["home", "notifications", "other"])
        assert (both["notifications"].last_read_id, both["notifications"].version) == (6, 1)
        assert await markers.last_read(tx, ann, "notifications") == 6
        assert await markers.get(tx, bob, ["home", "notifications"]) == {}


@pytest.mark.parametrize("values", [{"elsewhere": 1}, {"home": -1}, {"home": 1 << 63}])
async def test_wrong_values_are_refused(database: Database, here: Site, values: dict[str, int]) -> None:
    (ann,) = await people(database, here, "ann")
    async with database.write() as tx:
        with pytest.raises(Invalid):
            await markers.put(tx, ann, values)
