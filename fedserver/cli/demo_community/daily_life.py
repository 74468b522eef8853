"""What the members of the demo's first community have done until now, beside what the story tells.

There is something on each of their pages: pictures, polls, drafts, lists, a report, announcements.
"""

from __future__ import annotations

from fedserver.cli.demo_community.nodes import DemoNode
from fedserver.cli.demo_community.pictures import draw_hills
from fedserver.domain.accounts import accounts, featured_tags
from fedserver.domain.auth import invitations, members
from fedserver.domain.content import media
from fedserver.domain.moderation.report_filing import NewReport, file
from fedserver.domain.notifications import announcements
from fedserver.domain.posts import boosts, likes, pins, posts, scheduled_posts, votes
from fedserver.domain.posts.polls import NewPoll
from fedserver.domain.relationships import lists
from fedserver.domain.timelines import bookmarks, filters
from fedserver.runtime.media_intake import store_attachment, store_avatar
from storage.engine import Tx
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow

DAY_S, DAY_MS = 86_400, 86_400_000
LANTERNS = (
    "The lamps that nobody fetched hang in the reading room now. Thank you, Repair Café! #repair #commons"
)
DRAFT = "What worked:\n\n- one shelf for returns\n- labels that can be read from a metre away\n\nStill open: "


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


async def live(here: DemoNode) -> None:
    """Let the members of a community do what members do."""
    services = here.node.services
    owner, other = (here.people[person.name] for person in here.community.people[:2])
    pictures = [
        await store_picture(here, owner, hue, text)
        for hue, text in ((35, "Hills in the evening sun"), (200, "Hills in the morning mist"))
    ]
    async with services.db.write() as tx:
        member = await members.get_by_username(tx, owner.username)
        await _write(tx, here, owner, other, tuple(pictures))
        await _sort(tx, here, owner, other)
        await _look_after(tx, here, member, owner, other)


async def _write(
    tx: Tx, here: DemoNode, owner: AccountRow, other: AccountRow, pictures: tuple[int, ...]
) -> None:
    site = here.node.services.site
    shown = await posts.publish(tx, site, owner, posts.Draft(text=LANTERNS, media_ids=pictures))
    await pins.pin(tx, owner, shown)
    await boosts.boost(tx, site, other, shown)
    await likes.like(tx, site, other, shown)
    question = "When should the quiet room be open in winter?"
    choice = NewPoll(("Mornings", "Afternoons", "Evenings, with soup"), 3 * DAY_S)
    poll = await posts.publish(tx, site, other, posts.Draft(text=question, poll=choice))
    await votes.vote(tx, site, owner, poll, [2])
    await likes.like(tx, site, owner, poll)
    await boosts.boost(tx, site, owner, poll)
    over = NewPoll(("Blue", "Green"), 1)
    color = await posts.publish(tx, site, other, posts.Draft(text="Which colour for the door?", poll=over))
    await votes.vote(tx, site, owner, color, [1])
    for reader in (owner, other):
        await bookmarks.add(tx, reader, shown)
    spoiler = posts.Draft(text="The gardener lends it to herself.", summary="The end of the seed mystery")
    await posts.publish(tx, site, other, spoiler)
    private = f"@{owner.username} Could you look at the lock of the archive tomorrow?"
    await posts.publish(tx, site, other, posts.Draft(text=private, visibility="direct"))
    answer = posts.Draft(text="Soup, please. I bring the bread.", in_reply_to_id=poll)
    reply = await posts.publish(tx, site, owner, answer)
    await posts.publish(tx, site, other, posts.Draft(text="Then it is settled.", in_reply_to_id=reply))
    draft = posts.Draft(
        text=DRAFT,
        kind="Article",
        title="A year of the tool shelf",
        content_type="text/markdown",
        state="draft",
    )
    for author in (owner, other):
        await posts.publish(tx, site, author, draft)
    later = posts.Draft(text="Tomorrow at six: stories in three languages. #commons")
    await scheduled_posts.schedule(tx, site, owner, later, tx.now + DAY_MS)


async def _sort(tx: Tx, here: DemoNode, owner: AccountRow, other: AccountRow) -> None:
    for mine, theirs in ((owner, other), (other, owner)):
        row = await lists.create(tx, mine, "Desk and archive")
        await lists.add_accounts(tx, mine, row.id, [theirs.id])
    await filters.create(
        tx, owner, "Crosswords", ["home", "public"], keywords=[filters.KeywordChange(keyword="solution")]
    )
    await featured_tags.add(tx, owner, "commons")


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
