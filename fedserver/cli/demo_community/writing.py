"""What the members of the demo's first community write, beside what the story tells."""

from __future__ import annotations

from fedserver.cli.demo_community.nodes import DemoNode
from fedserver.domain.posts import boosts, likes, pins, posts, scheduled_posts, votes
from fedserver.domain.posts.polls import NewPoll
from fedserver.domain.timelines import bookmarks
from storage.engine import Tx
from storage.rows.accounts import AccountRow

DAY_S, DAY_MS = 86_400, 86_400_000
LANTERNS = (
    "The lamps that nobody fetched hang in the reading room now. Thank you, Repair Café! #repair #commons"
)
DRAFT = "What worked:\n\n- one shelf for returns\n- labels that can be read from a metre away\n\nStill open: "


async def write(
    tx: Tx, here: DemoNode, owner: AccountRow, other: AccountRow, pictures: tuple[int, ...]
) -> None:
    """Write posts of all kinds: with files, polls, a warning, to one person, drafts, for later."""
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
