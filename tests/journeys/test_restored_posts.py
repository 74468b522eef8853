"""Posts that are gone, by whatever their origin says of it, and those that come back after a Delete."""

from __future__ import annotations

from typing import Any

import pytest

from activitypub.document import Document, format_instant
from fedserver.domain.posts import post_removal
from fedserver.domain.relationships import follows
from storage.queries.posts import posts as post_queries
from tests.journeys.conftest import Correspondence
from tests.kit.signed_requests import deliver

PATH = "/users/eve/notes/1"
TOMBSTONE = {"type": "Tombstone", "id": f"https://beta.test{PATH}", "formerType": "Note"}


async def announce(mail: Correspondence, kind: str, object_: Any, number: int) -> None:
    """Have a group that Ann follows announce an activity of Eve."""
    group = f"{mail.beta.base}/users/films"
    inner = {"id": f"{mail.eve}#{number}", "type": kind, "actor": mail.eve, "object": object_}
    activity = {"id": f"{group}#{number}", "type": "Announce", "actor": group, "object": inner}
    assert await deliver(mail.node, {**activity, "to": [f"{group}/followers"], "cc": []}) == 202
    await mail.node.settle()


@pytest.fixture
async def shared(mail: Correspondence) -> Correspondence:
    """Return what is there after a group, which Ann follows, shared a note of Eve."""
    mail.beta.serve_actor("films", type="Group")
    group = await mail.node.node.services.resolver.resolve_account("@films@beta.test")
    assert group is not None
    async with mail.node.db.write() as tx:
        await follows.follow(tx, mail.node.site, mail.ann, group)
        await follows.receive_answer(tx, group, mail.ann.id, None, accepted=True)
    mail.beta.serve(PATH, mail.make_note())
    await announce(mail, "Create", mail.make_note(), 1)
    assert await mail.find_post() is not None
    return mail


@pytest.mark.parametrize(
    ("document", "status"), [(TOMBSTONE, 200), (TOMBSTONE, 410), (TOMBSTONE, 404), (b"", 404), (b"", 410)]
)
async def test_post_that_its_group_deletes_is_gone_if_its_origin_has_none(
    shared: Correspondence, document: Any, status: int
) -> None:
    shared.beta.serve(PATH, document, status=status)
    await announce(shared, "Delete", f"{shared.eve}/notes/1", 2)
    assert await shared.find_post() is None


@pytest.mark.parametrize("status", [200, 403, 500])
async def test_post_that_its_group_deletes_stays_while_its_origin_has_it(
    shared: Correspondence, status: int
) -> None:
    shared.beta.serve(PATH, shared.make_note(), status=status)
    await announce(shared, "Delete", f"{shared.eve}/notes/1", 2)
    assert await shared.find_post() is not None


async def test_tombstone_of_another_address_deletes_nothing(shared: Correspondence) -> None:
    shared.beta.serve(PATH, {**TOMBSTONE, "id": f"{shared.eve}/notes/2"})
    await announce(shared, "Delete", f"{shared.eve}/notes/1", 2)
    assert await shared.find_post() is not None


async def test_missing_document_deletes_nothing_that_nobody_said_is_deleted(shared: Correspondence) -> None:
    shared.beta.serve(PATH, b"", status=404)
    row = await shared.find_post()
    assert row is not None
    await shared.node.node.services.resolver.refetch_post(row.id)
    assert await shared.find_post() is not None


async def test_post_for_followers_is_not_deleted_by_a_404(mail: Correspondence) -> None:
    await mail.follow()
    await mail.send("Create", mail.make_note(to=[f"{mail.eve}/followers"]))
    row = await mail.find_post()
    assert row is not None
    await mail.node.node.services.resolver.refetch_post(row.id, is_deleted=True)
    assert await mail.find_post() is not None


async def test_post_that_its_group_restores_is_shown_again(shared: Correspondence) -> None:
    note_uri = f"{shared.eve}/notes/1"
    shared.beta.serve(PATH, TOMBSTONE, status=410)
    await announce(shared, "Delete", note_uri, 2)
    assert await shared.find_post() is None
    deletion = {"type": "Delete", "actor": shared.eve, "object": note_uri}
    await announce(shared, "Undo", deletion, 3)
    assert await shared.find_post() is None, "its origin does not publish it"
    shared.beta.serve(PATH, shared.make_note(content="<p>again</p>"))
    await announce(shared, "Undo", deletion, 4)
    assert (await shared.load_status())["content"] == "<p>again</p>"
    [entry] = await shared.api.get("/api/v1/timelines/home")
    assert entry["reblog"]["uri"] == note_uri


async def delete_and_undo(mail: Correspondence, undone: Document | None = None) -> None:
    await mail.follow()
    await mail.send("Create", mail.make_note())
    await mail.send("Delete", f"{mail.eve}/notes/1")
    assert await mail.find_post() is None
    mail.beta.serve(PATH, mail.make_note())
    deletion = {"id": f"{mail.eve}#d", "type": "Delete", "actor": mail.eve, "object": f"{mail.eve}/notes/1"}
    await mail.send("Undo", undone or deletion)


async def test_post_whose_author_undoes_the_delete_is_shown_again(mail: Correspondence) -> None:
    await delete_and_undo(mail)
    assert [entry["uri"] for entry in await mail.api.get("/api/v1/timelines/home")] == [f"{mail.eve}/notes/1"]


async def test_undo_of_the_delete_of_another_actor_restores_nothing(mail: Correspondence) -> None:
    mallory = f"{mail.beta.base}/users/mallory"
    await delete_and_undo(mail, {"type": "Delete", "actor": mallory, "object": f"{mail.eve}/notes/1"})
    assert await mail.find_post() is None


@pytest.mark.parametrize(
    ("dates", "returns"),
    [
        ({}, False),  # as a Create that the Delete overtook
        ({"updated": "2026-11-05T10:00:00Z"}, False),
        ({"updated": "2099-01-01T00:00:00Z"}, False),  # a clock that is wrong
        ({"updated": "later"}, True),
        ({"published": "later"}, True),
    ],
)
async def test_post_created_again_after_its_delete_returns(
    mail: Correspondence, dates: dict[str, str], returns: bool
) -> None:
    await mail.follow()
    await mail.send("Create", mail.make_note())
    await mail.send("Delete", f"{mail.eve}/notes/1")
    mail.node.clock.forward(seconds=120)
    later = {name: format_now(mail, -60_000) if date == "later" else date for name, date in dates.items()}
    await mail.send("Create", mail.make_note(**later))
    assert (await mail.find_post() is not None) == returns


def format_now(mail: Correspondence, change_ms: int) -> str:
    return format_instant(mail.node.clock() + change_ms)


async def test_post_that_moderators_removed_does_not_come_back(mail: Correspondence) -> None:
    await mail.follow()
    await mail.send("Create", mail.make_note())
    row = await mail.find_post()
    assert row is not None
    async with mail.node.db.write() as tx:
        await post_removal.take_down(tx, mail.ann, row)
    await mail.send("Delete", row.uri)
    mail.beta.serve(PATH, mail.make_note())
    await mail.send("Undo", {"type": "Delete", "actor": mail.eve, "object": row.uri})
    mail.node.clock.forward(seconds=120)
    await mail.send("Create", mail.make_note(updated=format_now(mail, -60_000)))
    await mail.send("Update", mail.make_note(updated=format_now(mail, -60_000)))
    assert await mail.find_post() is None


@pytest.mark.parametrize("shape", [{}, {"type": "Tombstone"}, {"type": "Like"}])
async def test_delete_of_an_activity_is_its_undo(mail: Correspondence, shape: dict[str, str]) -> None:
    post_id = await mail.node.publish(mail.ann, "the post")
    uri = f"{mail.ann.uri}/statuses/{post_id}"
    wanted = {"like": ("Like", uri), "boost": ("Announce", uri), "follow": ("Follow", mail.ann.uri)}
    for name, (kind, object_) in wanted.items():
        activity = {"id": f"{mail.eve}#{name}", "type": kind, "actor": mail.eve, "object": object_}
        assert await deliver(mail.node, {**activity, "to": ["as:Public"]}) == 202
    await mail.node.settle()
    assert await count_reactions(mail, post_id) == (1, 1, 1)
    mallory = mail.beta.serve_actor("mallory", 2)
    objects = [{**shape, "id": f"{mail.eve}#{name}"} if shape else f"{mail.eve}#{name}" for name in wanted]
    for place, object_ in enumerate(objects):
        stolen = {"id": f"{mallory}#{place}", "type": "Delete", "actor": mallory, "object": object_}
        assert await deliver(mail.node, stolen, number=2) == 202
    await mail.node.settle()
    assert await count_reactions(mail, post_id) == (1, 1, 1), "they are another actor's"
    for object_ in objects:
        await mail.send("Delete", object_)
    assert await count_reactions(mail, post_id) == (0, 0, 0)


async def count_reactions(mail: Correspondence, post_id: int) -> tuple[int, int, int]:
    async with mail.node.db.read() as tx:
        row = await post_queries.find(tx, post_id)
    assert row is not None
    followers = await mail.api.get(f"/api/v1/accounts/{mail.ann.id}/followers")
    return row.likes_count, row.boosts_count, len(followers)
