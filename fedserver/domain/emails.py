"""Addresses of members: confirmed by a link that comes by mail."""

from __future__ import annotations

from fedserver.domain import one_time_links, tasks
from fedserver.domain.errors import NotFound
from fedserver.domain.site import Site
from storage import MemberRow, Tx, queries


async def ask_to_confirm(tx: Tx, site: Site, member: MemberRow) -> None:
    token = await one_time_links.new(tx, "confirm", member.id, member.email, hours=72)
    address = f"{site.links.base}/confirm/{token}"
    title = site.config.community.title
    text = f"Welcome to {title}!\n\nPlease confirm your address by opening this page:\n\n{address}\n"
    await tasks.owe(tx, tasks.SendMail(member.email, f"Confirm your address at {title}", text))


async def confirm(tx: Tx, token: str) -> MemberRow:
    """An address was confirmed. Raises NotFound."""
    row = await one_time_links.use(tx, "confirm", token)
    await queries.members.set_value(tx, row.member_id or 0, "email_confirmed_at", tx.now)
    member = await queries.members.by_id(tx, row.member_id or 0)
    if member is None:
        raise NotFound("This link was used before, or is too old")
    return member
