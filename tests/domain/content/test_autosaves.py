"""What is written in a form is kept: one version a form, bounded, with its files, until it is 30 days old."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from sqlalchemy import func, select

from fedserver.domain.content import autosaves
from fedserver.domain.kernel.errors import InvalidError
from fedserver.jobs.cleanup import CleanupWorker
from storage.tables.content import media
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.pictures import make_picture


async def save(node: TestNode, author: Any, slot: str, text: str, **more: Any) -> int:
    async with node.db.write() as tx:
        return await autosaves.save(tx, author, slot, {"text": text}, **more)


async def upload(node: TestNode, author: Any) -> int:
    form = aiohttp.FormData()
    form.add_field("file", make_picture(), filename="fox.png", content_type="image/png")
    api = Api(node, await node.create_token(author))
    return int((await api.request("POST", "/api/v2/media", data=form)).body["id"])


async def test_last_version_of_each_form_is_kept_for_its_author(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    first = await save(node, ann, "note", "one")
    second = await save(node, ann, "note", "two", known_at=first)
    await save(node, ann, "reply:5", "an answer")
    async with node.db.read() as tx:
        assert [saved.slot for saved in await autosaves.list_by_author(tx, ann)] == ["reply:5", "note"]
        found = await autosaves.find(tx, ann, "note")
        assert found == autosaves.Autosave("note", {"text": "two"}, second)
        assert await autosaves.find(tx, ann, "note", since=second) is None  # the post is as new
        assert await autosaves.find(tx, bob, "note") is None
    with pytest.raises(InvalidError) as refused:  # of a tab that was opened before the second
        await save(node, ann, "note", "three", known_at=first)
    assert refused.value.code == "ERR_CONFLICT"
    async with node.db.write() as tx:
        await autosaves.discard_sent(tx, ann, "note", first, "of-another-tab")
        await autosaves.discard(tx, bob, "note")
        assert await autosaves.find(tx, ann, "note") is not None
        await autosaves.discard(tx, ann, "note")
        assert await autosaves.find(tx, ann, "note") is None


async def test_form_knows_what_it_saved_itself(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")

    async def save_with_key(key: str, known_at: int) -> int:
        async with node.db.write() as tx:
            return await autosaves.save(tx, ann, "note", {"text": "x", "key": key}, known_at=known_at)

    # The answer to the first save was lost with the network.
    await save_with_key("a", 0)
    saved_at = await save_with_key("a", 0)
    with pytest.raises(InvalidError):
        await save_with_key("b", 0)
    await save_with_key("b", node.clock.now + 1)  # as its author wants
    async with node.db.write() as tx:
        await autosaves.discard_sent(tx, ann, "note", saved_at, "a")
        assert await autosaves.find(tx, ann, "note") is not None, "the text of another tab"
        await autosaves.discard_sent(tx, ann, "note", saved_at, "b")
        assert await autosaves.find(tx, ann, "note") is None
    with pytest.raises(InvalidError):  # it was sent meanwhile
        await save_with_key("c", saved_at)


async def test_forms_are_bounded(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    for number in range(autosaves.MAX_AUTOSAVES):
        await save(node, ann, f"reply:{number + 1}", "text")
    await save(node, ann, "reply:1", "again")
    with pytest.raises(InvalidError, match="too many"):
        await save(node, ann, "note", "text")
    for slot in ("", "post", "reply", "reply:0", "reply:x", "note:5", "edit:12345678901234567890"):
        with pytest.raises(InvalidError):
            await save(node, ann, slot, "text")
    with pytest.raises(InvalidError, match="too long"):
        await save(node, ann, "reply:1", "x" * autosaves.MAX_BYTES)


async def test_longest_article_in_any_script_is_saved(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    for letter in ("م", "𞤀"):  # of two and of four bytes
        await save(node, ann, "article", letter * node.site.config.limits.article_characters)


async def test_files_stay_with_their_form_and_both_have_an_end(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    kept, lost, foreign = await upload(node, ann), await upload(node, ann), await upload(node, bob)
    await save(node, ann, "note", "with a picture", media_ids=[kept, foreign])
    cleanup = CleanupWorker(node.node.services)

    async def count_files() -> int:
        async with node.db.read() as tx:
            return int(await tx.value(select(func.count()).select_from(media)))

    node.clock.forward(days=2)
    await cleanup.run()
    assert await count_files() == 1, f"{lost} and {foreign} belong to no form of their owner"
    node.clock.forward(days=29)
    await cleanup.run()
    async with node.db.read() as tx:
        assert await autosaves.list_by_author(tx, ann) == []
    assert await count_files() == 0
