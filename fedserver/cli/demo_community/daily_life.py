"""What the demo's first community has done until now, so that none of its pages is empty."""

from __future__ import annotations

from fedserver.cli.demo_community import files, sorting, writing
from fedserver.cli.demo_community.nodes import DemoNode
from fedserver.domain.auth import invitations, members
from fedserver.domain.moderation.report_filing import NewReport, file
from fedserver.domain.notifications import announcements
from storage.engine import Tx
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow


async def live(here: DemoNode) -> None:
    """Let the members of a community do what members do."""
    services = here.node.services
    owner, other = (here.people[person.name] for person in here.community.people[:2])
    pictures = [
        await files.store_picture(here, owner, hue, text)
        for hue, text in ((35, "Hills in the evening sun"), (200, "Hills in the morning mist"))
    ]
    async with services.db.write() as tx:
        member = await members.get_by_username(tx, owner.username)
        await writing.write(tx, here, owner, other, tuple(pictures))
        await sorting.sort(tx, owner, other)
        await _look_after(tx, here, member, owner, other)


async def _look_after(
    tx: Tx, here: DemoNode, member: MemberRow, owner: AccountRow, other: AccountRow
) -> None:
    """Do what owners and moderators do: announce, invite, and hear of a report."""
    site = here.node.services.site
    await announcements.create(
        tx, site, member, "The library is closed on Monday: we wax the floor. Come in socks on Tuesday."
    )
    await invitations.create(tx, member, uses=5, note="For the reading circle")
    complaint = "The same offer of cheap lamps under every post."
    await file(tx, site, other, NewReport(target_id=owner.id, comment=complaint, category="spam"))
