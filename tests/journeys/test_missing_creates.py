"""Posts whose Create never came, or comes late: the Update is as good as it (as in Mastodon)."""

from __future__ import annotations

from typing import Any

import pytest

from activitypub.document import format_instant
from activitypub.terms import PUBLIC
from tests.journeys.conftest import Correspondence

EDITED_AT = "2026-11-05T10:00:00Z"


async def test_update_of_an_unknown_post_is_taken_as_new(mail: Correspondence) -> None:
    await mail.follow()
    note = mail.make_note(published="2026-11-02T10:00:00Z", updated=EDITED_AT, content="<p>second</p>")
    await mail.send("Update", note)
    status = await mail.load_status()
    assert status["content"] == "<p>second</p>"
    assert (status["created_at"], status["edited_at"]) == (
        "2026-11-02T10:00:00.000Z",
        "2026-11-05T10:00:00.000Z",
    )
    assert [entry["uri"] for entry in await mail.api.get("/api/v1/timelines/home")] == [note["id"]]
    await mail.send("Create", {**note, "updated": None, "content": "<p>first</p>"})
    assert (await mail.load_status())["content"] == "<p>second</p>", "the late Create changes nothing"


async def test_update_that_only_names_an_unknown_post_has_it_read(mail: Correspondence) -> None:
    await mail.follow()
    note = mail.make_note()
    mail.beta.serve("/users/eve/notes/1", note)
    await mail.send("Update", note["id"])
    assert (await mail.load_status())["uri"] == note["id"]


async def test_update_of_an_unknown_post_notifies_whom_it_mentions(mail: Correspondence) -> None:
    mention = {"type": "Mention", "href": mail.ann.uri, "name": "@ann"}
    await mail.send("Update", mail.make_note(updated=EDITED_AT, tag=[mention]))
    assert await mail.list_mentions() == [f"{mail.eve}/notes/1"]


@pytest.mark.parametrize(
    "change",
    [
        {},  # nobody follows the author
        {"attributedTo": "https://beta.test/users/mallory", "cc": ["https://alpha.test/users/ann"]},
        {"id": "https://gamma.test/1", "cc": ["https://alpha.test/users/ann"]},
        {
            "type": "Note",
            "name": "Yes",
            "content": None,
            "inReplyTo": "https://alpha.test/users/ann/statuses/1",
        },
    ],
)
async def test_update_of_an_unknown_post_follows_the_rules_of_a_create(
    mail: Correspondence, change: dict[str, Any]
) -> None:
    await mail.send("Update", mail.make_note(updated=EDITED_AT, **change))
    assert await mail.find_post() is None


async def test_update_after_the_delete_brings_nothing_back(mail: Correspondence) -> None:
    await mail.follow()
    await mail.send("Delete", f"{mail.eve}/notes/1", to=[PUBLIC])
    await mail.send("Update", mail.make_note(updated=EDITED_AT))
    assert await mail.find_post() is None


async def test_edit_after_one_that_was_dated_in_the_future_counts(mail: Correspondence) -> None:
    await mail.follow()
    await mail.send("Create", mail.make_note(updated="2036-01-01T00:00:00Z"))
    mail.node.clock.forward(days=1)
    updated = format_instant(mail.node.clock() - 60_000)
    await mail.send("Update", mail.make_note(updated=updated, content="<p>edited</p>"))
    assert (await mail.load_status())["content"] == "<p>edited</p>"
