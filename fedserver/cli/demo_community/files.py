"""The files of the demo's members: a picture of each of them, and those in their posts."""

from __future__ import annotations

from fedserver.cli.demo_community.nodes import DemoNode
from fedserver.cli.demo_community.pictures import draw_hills
from fedserver.domain.accounts import accounts
from fedserver.domain.content import media
from fedserver.runtime.media_intake import store_attachment, store_avatar
from storage.rows.accounts import AccountRow


async def dress(here: DemoNode, hue: int) -> None:
    """Give each member a picture."""
    services = here.node.services
    for number, (name, account) in enumerate(here.people.items()):
        keys: list[str] = []
        drawn = draw_hills(hue + 70 * number, width=400, height=400)
        key = await store_avatar(services, drawn, "avatar", keys)
        async with services.db.write() as tx:
            change = accounts.ProfileChange(avatar_key=key, discoverable=True, indexable=True)
            here.people[name] = await accounts.update_profile(tx, services.site, account, change)


async def store_picture(here: DemoNode, author: AccountRow, hue: int, description: str) -> int:
    """Store a picture of hills and return its id."""
    services = here.node.services
    stored = await store_attachment(services, draw_hills(hue))
    async with services.db.write() as tx:
        return (await media.create(tx, services.site, author, stored, description, (0.0, 0.0))).id
