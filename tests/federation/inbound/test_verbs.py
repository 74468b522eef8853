"""What each verb refuses before its transaction, and which documents it fetches."""

from __future__ import annotations

from typing import Any, cast

import pytest

from activitypub.activities import read_activity
from fedserver.domain.kernel.context import NodeContext
from fedserver.federation.inbound import accept, add, announce, create, delete, like, move, update
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.resolve import Resolver
from storage.engine import Database
from storage.rows.accounts import AccountRow
from tests.kit.people import create_accounts

BOB = "https://beta.test/users/bob"
EVIL = "https://evil.test/notes/1"


class StubResolver:
    """A resolver that knows nothing, shows no media, and records what it is asked to fetch."""

    def __init__(self, *, followed: bool = False, actor: AccountRow | None = None) -> None:
        self.fetched: list[str] = []
        self.actor = actor
        self._followed = followed

    async def find_post(self, uri: str) -> None:
        return None

    async def resolve_post(self, uri: str) -> None:
        self.fetched.append(uri)

    async def fetch_actor(self, uri: str) -> AccountRow | None:
        self.fetched.append(uri)
        return self.actor

    async def is_followed(self, account: AccountRow) -> bool:
        return self._followed

    def allows_media(self, uri: str) -> bool:
        return False


async def make_inbound(
    database: Database, here: NodeContext, kind: str, subject: Any, **properties: Any
) -> InboundActivity:
    (bob,) = await create_accounts(database, here, "bob@beta.test")
    activity = read_activity({"id": f"{BOB}#1", "type": kind, "actor": BOB, "object": subject, **properties})
    return InboundActivity(site=here, activity=activity, actor=bob)


async def test_accept_with_result_of_another_origin_is_ignored(database: Database, here: NodeContext) -> None:
    inbound = await make_inbound(database, here, "Accept", "https://alpha.test/1", result=EVIL)
    with pytest.raises(IgnoredError, match="result is of another origin"):
        await accept.prepare(cast(Resolver, StubResolver()), inbound)


async def test_add_to_a_collection_of_another_actor_is_ignored(database: Database, here: NodeContext) -> None:
    inbound = await make_inbound(database, here, "Add", f"{BOB}/1", target="https://evil.test/featured")
    with pytest.raises(IgnoredError, match="not the featured collection"):
        await add.prepare(cast(Resolver, StubResolver()), inbound)


async def test_add_fetches_the_post_and_remove_does_not(database: Database, here: NodeContext) -> None:
    for kind, expected in (("Add", [f"{BOB}/1"]), ("Remove", [])):
        resolver = StubResolver()
        inbound = await make_inbound(database, here, kind, f"{BOB}/1", target=f"{BOB}/featured")
        await add.prepare(cast(Resolver, resolver), inbound)
        assert resolver.fetched == expected


async def test_announce_by_an_unfollowed_actor_fetches_nothing(database: Database, here: NodeContext) -> None:
    resolver = StubResolver()
    inbound = await make_inbound(database, here, "Announce", EVIL)
    with pytest.raises(IgnoredError, match="no member follows"):
        await announce.prepare(cast(Resolver, resolver), inbound)
    assert resolver.fetched == []


async def test_announce_by_a_followed_actor_fetches_the_post(database: Database, here: NodeContext) -> None:
    resolver = StubResolver(followed=True)
    await announce.prepare(cast(Resolver, resolver), await make_inbound(database, here, "Announce", EVIL))
    assert resolver.fetched == [EVIL]


async def test_announce_of_an_activity_by_a_person_is_ignored(database: Database, here: NodeContext) -> None:
    wrapped = {"type": "Like", "id": f"{EVIL}#like", "actor": "https://evil.test/users/eve", "object": EVIL}
    inbound = await make_inbound(database, here, "Announce", wrapped)
    with pytest.raises(IgnoredError, match="not a group"):
        await announce.prepare(cast(Resolver, StubResolver(followed=True)), inbound)


async def test_create_with_an_object_of_another_origin_reads_it_there(
    database: Database, here: NodeContext
) -> None:
    resolver = StubResolver()
    note = {"type": "Note", "id": EVIL, "attributedTo": BOB, "content": "Forged"}
    inbound = await make_inbound(database, here, "Create", note)
    with pytest.raises(IgnoredError, match="read from its origin"):
        await create.prepare(cast(Resolver, resolver), inbound)
    assert resolver.fetched == [EVIL]


async def test_create_with_a_vote_returns_votes_and_no_post(database: Database, here: NodeContext) -> None:
    poll = "https://alpha.test/users/ann/statuses/1"
    vote = {"type": "Note", "id": f"{BOB}#v", "attributedTo": BOB, "name": "Yes", "inReplyTo": poll}
    inbound = await make_inbound(database, here, "Create", vote)
    prepared = await create.prepare(cast(Resolver, StubResolver()), inbound)
    assert [(item.name, item.poll_uri) for item in prepared.votes] == [("Yes", poll)]
    assert prepared.remote_post is None


async def test_update_of_the_actor_fetches_it(database: Database, here: NodeContext) -> None:
    inbound = await make_inbound(database, here, "Update", {"type": "Person", "id": BOB, "name": "Forged"})
    resolver = StubResolver(actor=inbound.actor)
    prepared = await update.prepare(cast(Resolver, resolver), inbound)
    assert resolver.fetched == [BOB]
    assert prepared.remote_post is None


async def test_delete_of_another_origin_is_ignored(database: Database, here: NodeContext) -> None:
    inbound = await make_inbound(database, here, "Delete", EVIL)
    with pytest.raises(IgnoredError, match="another origin"):
        await delete.prepare(cast(Resolver, StubResolver()), inbound)


async def test_like_with_a_picture_of_a_muted_host_loses_it(database: Database, here: NodeContext) -> None:
    emoji = {"type": "Emoji", "name": ":blob:", "icon": {"type": "Image", "url": "https://beta.test/e.png"}}
    inbound = await make_inbound(database, here, "Like", EVIL, content=":blob:", tag=[emoji])
    assert inbound.activity.reaction is not None
    prepared = await like.prepare(cast(Resolver, StubResolver()), inbound)
    assert prepared.reaction is None


@pytest.mark.parametrize(
    ("old", "new"), [(EVIL, f"{EVIL}2"), (BOB, BOB), (BOB, None)], ids=["others", "itself", "nowhere"]
)
async def test_move_that_is_not_the_actors_own_is_ignored(
    database: Database, here: NodeContext, old: str, new: str | None
) -> None:
    resolver = StubResolver()
    inbound = await make_inbound(database, here, "Move", old, target=new)
    with pytest.raises(IgnoredError):
        await move.prepare(cast(Resolver, resolver), inbound)
    assert resolver.fetched == []


async def test_move_sent_by_the_new_account_needs_the_old_one(database: Database, here: NodeContext) -> None:
    resolver = StubResolver()
    inbound = await make_inbound(database, here, "Move", EVIL, target=BOB)
    with pytest.raises(IgnoredError, match="does not confirm"):
        await move.prepare(cast(Resolver, resolver), inbound)
    assert resolver.fetched == [BOB, EVIL]
