"""What the owner of the demo's first community has decided, and what waits for a decision."""

from __future__ import annotations

from fedserver.cli.demo_community.nodes import DemoNode
from fedserver.cli.demo_community.pictures import draw_hills
from fedserver.domain.accounts import accounts
from fedserver.domain.auth import members
from fedserver.domain.moderation import appeals, moderation, moderation_notes
from fedserver.domain.moderation.moderation import ModerationAction
from fedserver.domain.peers import peers
from fedserver.domain.peers.peers import PeerDecision
from fedserver.domain.relationships import follows
from fedserver.runtime import emoji_intake
from storage.engine import Tx
from storage.rows.accounts import AccountRow

ADVERTISING = "You posted the same invitation under eleven posts. Please write it once."
OBJECTION = "It was one reading evening, and I did not know that people follow several tags."


async def govern(here: DemoNode) -> None:
    """Decide about a member and a peer, add an emoji, and let a follow and an appeal wait for an answer."""
    services, (owner, other, third) = here.node.services, list(here.people.values())[:3]
    async with services.db.read() as tx:
        member = await members.get_by_username(tx, owner.username)
    await emoji_intake.add(services, member, "lantern", draw_hills(40, width=128, height=128), "Library")
    async with services.db.write() as tx:
        await _request_follow(tx, here, other, third)
        warning = ModerationAction("none", ADVERTISING)
        entry = await moderation.apply(tx, services.site, member, third.id, warning)
        appellant = await members.get_by_username(tx, third.username)
        await appeals.file(tx, services.site, appellant, third, entry.id, OBJECTION)
        await moderation_notes.add(tx, member, third.id, "Talked to her at the desk. She means well.")
        decision = PeerDecision("block", "Copies our posts to sell lamps.", public_comment="Advertising")
        await peers.decide(tx, member, "lamps.example", decision)


async def _request_follow(tx: Tx, here: DemoNode, other: AccountRow, third: AccountRow) -> None:
    """Let a member approve followers from now on, and another ask to follow them."""
    site = here.node.services.site
    await follows.unfollow(tx, site, third, other)
    locked = await accounts.update_profile(tx, site, other, accounts.ProfileChange(locked=True))
    here.people[other.username] = locked
    await follows.follow(tx, site, third, locked)
