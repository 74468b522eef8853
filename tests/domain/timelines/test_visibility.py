"""Who may see a post: a permission and a view decide alike, for every visibility and every relation."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.posts import boosts, posts
from fedserver.domain.timelines import post_views, quote_policies, visibility
from fedserver.domain.timelines.visibility import WRITABLE, VisiblePost
from storage.engine import Database, ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.peers import partners as partner_queries
from storage.queries.posts import mentions as mention_queries
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import blocks as block_queries
from storage.queries.relationships import domain_mutes as domain_mute_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow
from storage.rows.peers import PartnerRow
from storage.rows.posts import PostRow
from storage.rows.relationships import BlockRow, FollowRow, MuteRow
from tests.kit.people import create_member, create_remote_account

REMOTE, PARTNER, MUTED = "beta.test", "partner.test", "muted.test"
AUTHORS = ("ann", f"bea@{REMOTE}", f"pat@{PARTNER}", f"mia@{MUTED}", "gone", "barred")
BOOSTERS = ("ann", "booster", f"mia@{MUTED}")
# The viewers, named by what they have to do with every author.
LOCAL = ("member", "follower", "mentioned", "blocker", "blocked", "muter", "former_muter", "domain_muter")
REMOTES = (f"visitor@{REMOTE}", f"fan@{REMOTE}", f"friend@{PARTNER}", f"outcast@{REMOTE}")
FOLLOWERS, BLOCKED = ("follower", f"fan@{REMOTE}"), ("blocked", f"outcast@{REMOTE}")
EVERYBODY = {"", "ann", *LOCAL, *REMOTES}  # "" is somebody who is not logged in
# Who sees a post of ann's, by its visibility.
ANN_AUDIENCES = {
    "public": EVERYBODY - {*BLOCKED},
    "unlisted": EVERYBODY - {*BLOCKED},
    "followers": {"ann", "mentioned", *FOLLOWERS},
    "direct": {"ann", "mentioned"},
    "local": {"ann", *LOCAL} - {"blocked"},
    "partners": {"ann", *LOCAL, f"friend@{PARTNER}"} - {"blocked"},
}


class Population:
    """Authors of posts of every visibility, boosts of these, and viewers of every relation."""

    def __init__(self, here: NodeContext) -> None:
        self.here = here
        self.accounts: dict[str, AccountRow] = {}
        self.posts: dict[tuple[str, str, str], int] = {}  # by author, visibility and state
        self.ids: list[int] = []  # of posts and of boosts

    async def add_rows(self, tx: Tx) -> None:
        for name in dict.fromkeys((*AUTHORS, *BOOSTERS, *LOCAL, *REMOTES)):
            username, _, domain = name.partition("@")
            self.accounts[name] = (
                await create_remote_account(tx, username, domain)
                if domain
                else await create_member(tx, self.here, username)
            )
        partner = self.accounts[f"pat@{PARTNER}"]
        await partner_queries.upsert_partner(tx, create_partner(tx, partner.id))
        template = await self._publish_template(tx)
        for author in AUTHORS:
            await self._relate(tx, self.accounts[author])
            for word in WRITABLE:
                for state in ("published", "draft"):
                    await self._add_post(tx, template, author, word, state)
        await domain_mute_queries.insert(tx, self.accounts["domain_muter"].id, MUTED)
        await account_queries.set_limits(tx, self.accounts["barred"].id, suspended_at=1, silenced_at=None)
        assert await account_queries.set_deleted(tx, self.accounts["gone"].id, tx.now)

    async def _publish_template(self, tx: Tx) -> PostRow:
        post_id = await posts.publish(tx, self.here, self.accounts["member"], posts.Draft(text="Words"))
        row = await post_queries.find(tx, post_id)
        assert row is not None
        return row

    async def _relate(self, tx: Tx, author: AccountRow) -> None:
        def viewer(name: str) -> int:
            return self.accounts[name].id

        for name in FOLLOWERS:
            follow = FollowRow(
                tx.new_id(), viewer(name), author.id, f"{name}{author.id}", True, False, "[]", 1
            )
            await follow_queries.insert(tx, follow)
        for name in BLOCKED:
            block = BlockRow(tx.new_id(), author.id, viewer(name), f"{author.id}{name}", 1)
            await block_queries.insert(tx, block)
        block = BlockRow(tx.new_id(), viewer("blocker"), author.id, f"blocker{author.id}", 1)
        await block_queries.insert(tx, block)
        for name, expires_at in (("muter", None), ("former_muter", tx.now)):
            mute = MuteRow(tx.new_id(), viewer(name), author.id, True, expires_at, 1)
            await block_queries.upsert_mute(tx, mute)

    async def _add_post(self, tx: Tx, template: PostRow, author: str, word: str, state: str) -> None:
        post = await self._insert(tx, template, author, visibility=word, state=state)
        await mention_queries.insert(tx, post.id, [self.accounts["mentioned"].id])
        self.posts[author, word, state] = post.id
        for booster in BOOSTERS:
            await self._insert(tx, template, booster, kind="Announce", visibility=word, boost_of_id=post.id)

    async def _insert(self, tx: Tx, template: PostRow, author: str, **values: Any) -> PostRow:
        account, identifier = self.accounts[author], tx.new_id()
        uri = f"{account.uri}/{identifier}"
        row = structs.replace(
            template,
            id=identifier,
            uri=uri,
            url=uri,
            account_id=account.id,
            local=not account.domain,
            thread_id=identifier,
            **values,
        )
        assert await post_queries.insert(tx, row)
        self.ids.append(identifier)
        return row


def create_partner(tx: Tx, account_id: int) -> PartnerRow:
    """Return a partner whose members see posts for partners."""
    return PartnerRow(
        tx.new_id(), PARTNER, account_id, "agreed", True, "uri", '["local"]', "", 1, 1, None, "", None
    )


async def populate(database: Database, here: NodeContext) -> Population:
    population = Population(here)
    async with database.write() as tx:
        await population.add_rows(tx)
    return population


def to_ids(visible: VisiblePost | post_views.PostView | None) -> tuple[int | None, int | None]:
    """Return the ids of a post and of what it boosts."""
    if visible is None:
        return None, None
    if isinstance(visible, VisiblePost):
        return visible.post.id, visible.boost_of.id if visible.boost_of is not None else None
    return visible.post.id, visible.boost_of.post.id if visible.boost_of is not None else None


async def test_find_decides_as_views_do(database: Database, here: NodeContext) -> None:
    population = await populate(database, here)
    viewers: dict[str, int | None] = {name: account.id for name, account in population.accounts.items()}
    for name, viewer_id in {"": None, **viewers}.items():
        async with database.read() as tx:
            views = {
                view.post.id: to_ids(view) for view in await post_views.load(tx, population.ids, viewer_id)
            }
            found = {
                post_id: to_ids(await visibility.find(tx, post_id, viewer_id)) for post_id in population.ids
            }
        differences = {
            post_id: (found[post_id], views.get(post_id))
            for post_id in population.ids
            if found[post_id] != views.get(post_id, (None, None))
        }
        assert differences == {}, name


async def test_find_agrees_with_views_on_what_may_be_quoted(database: Database, here: NodeContext) -> None:
    population = await populate(database, here)
    viewer_id = population.accounts["follower"].id
    async with database.write() as tx:
        for policy in ("public", "followers", "nobody"):
            post_id = population.posts["ann", "public", "published"]
            encoded = quote_policies.encode_policy(policy, "public", "")
            await post_queries.set_interaction_policy(tx, post_id, encoded)
            [view] = await post_views.load(tx, [post_id], viewer_id)
            visible = await visibility.find(tx, post_id, viewer_id)
            assert visible is not None
            permission = quote_policies.evaluate(visible.post, viewer_id, visible.facts.follows)
            assert permission == view.quote_permission, policy


async def test_require_gives_a_post_to_its_audience_alone(database: Database, here: NodeContext) -> None:
    population = await populate(database, here)
    viewers: dict[str, int | None] = {name: account.id for name, account in population.accounts.items()}
    for word, audience in ANN_AUDIENCES.items():
        post_id = population.posts["ann", word, "published"]
        async with database.read() as tx:
            for name, viewer_id in {"": None, **viewers}.items():
                if name in EVERYBODY:
                    assert await is_given(tx, post_id, viewer_id) == (name in audience), (word, name)


async def is_given(tx: ReadTx, post_id: int, viewer_id: int | None) -> bool:
    try:
        post = await visibility.require(tx, post_id, viewer_id)
    except NotFoundError:
        return False
    assert post.id == post_id
    return True


async def test_require_takes_one_statement_and_two_for_partners(
    database: Database, here: NodeContext
) -> None:
    population = await populate(database, here)
    partner_id = population.accounts[f"friend@{PARTNER}"].id
    for word, expected in (("public", 1), ("partners", 2)):
        async with database.read() as tx:
            await visibility.require(tx, population.posts["ann", word, "published"], partner_id)
            assert tx.statement_count == expected


async def test_require_of_an_unknown_post_raises_not_found(database: Database, here: NodeContext) -> None:
    async with database.read() as tx:
        with pytest.raises(NotFoundError):
            await visibility.require(tx, 1, None)


async def test_require_of_a_boost_returns_what_it_boosts(database: Database, here: NodeContext) -> None:
    async with database.write() as tx:
        ann, bob = await create_member(tx, here, "ann"), await create_member(tx, here, "bob")
        post_id = await posts.publish(tx, here, ann, posts.Draft(text="Words"))
        boost_id = await boosts.boost(tx, here, bob, post_id)
        assert (await visibility.require(tx, boost_id, None)).id == post_id
