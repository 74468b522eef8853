"""Direct posts of strangers reach those to whom they are addressed, however their server says it."""

from __future__ import annotations

from typing import Any

import pytest

from activitypub.terms import PUBLIC
from tests.journeys.conftest import Correspondence
from tests.kit.api import Api

ANN = "https://alpha.test/users/ann"
MENTION = {"type": "Mention", "href": ANN, "name": "@ann"}
SHAPES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"to": [ANN]}, {}),
    ({"to": [], "cc": [ANN]}, {}),
    ({"to": ANN}, {"to": ANN}),
    ({"to": [{"type": "Person", "id": ANN}]}, {}),
    ({"to": None}, {"to": [ANN]}),
    ({"to": [ANN]}, {"tag": [MENTION]}),
    ({"to": [ANN], "tag": [{"type": "Hashtag", "name": "#x"}]}, {"tag": [MENTION]}),
    ({"to": [ANN], "tag": [{**MENTION, "href": "https://alpha.test/@ann"}]}, {}),
    ({"to": ["https://alpha.test/@ann"]}, {}),
    ({"to": ["https://ALPHA.test:443/users/ann/"]}, {}),
    ({"to": ["https://alpha.test/users/ANN"], "tag": MENTION}, {}),
    ({"to": None, "audience": [ANN]}, {}),
    ({"to": [*(f"https://beta.test/users/{number}" for number in range(300)), ANN]}, {}),
]


@pytest.mark.parametrize(("note", "activity"), SHAPES)
async def test_direct_post_reaches_its_recipient(
    mail: Correspondence, note: dict[str, Any], activity: dict[str, Any]
) -> None:
    uri = f"{mail.eve}/notes/1"
    assert await mail.send("Create", mail.make_note(**note), **activity) == 202
    assert (await mail.load_status())["visibility"] == "direct"
    assert await mail.list_conversations() == [uri]
    assert await mail.list_mentions() == [uri]
    assert ANN in [
        mention["url"].replace("/@", "/users/") for mention in (await mail.load_status())["mentions"]
    ]


async def test_direct_post_without_a_mention_is_filtered_as_others_are(mail: Correspondence) -> None:
    await mail.api.request("PATCH", "/api/v2/notifications/policy", json={"for_private_mentions": "filter"})
    await mail.send("Create", mail.make_note(to=[ANN]))
    assert await mail.list_mentions() == []
    assert await mail.list_conversations() == []
    [request] = await mail.api.get("/api/v1/notifications/requests")
    assert request["account"]["acct"] == "eve@beta.test"


async def test_public_post_with_a_silent_copy_notifies_nobody(mail: Correspondence) -> None:
    await mail.send("Create", mail.make_note(cc=[ANN]))
    assert await mail.find_post() is not None
    assert await mail.list_mentions() == []


async def test_post_for_followers_with_a_silent_copy_is_seen_by_its_recipient(mail: Correspondence) -> None:
    await mail.send("Create", mail.make_note(to=[f"{mail.eve}/followers"], cc=[ANN]))
    assert (await mail.load_status())["visibility"] == "private"
    assert await mail.list_mentions() == []


async def test_update_to_named_people_stays_with_who_is_named(mail: Correspondence) -> None:
    await mail.follow()
    uri = f"{mail.eve}/notes/1"
    await mail.send("Create", mail.make_note())
    await mail.send("Update", mail.make_note(to=[ANN], updated="2026-11-05T10:00:00Z", content="<p>2</p>"))
    status = await mail.load_status()
    assert (status["visibility"], status["content"]) == ("direct", "<p>2</p>")
    assert await mail.list_conversations() == [uri]
    await mail.send("Update", mail.make_note(updated="2026-11-06T10:00:00Z", content="<p>3</p>"))
    status = await mail.load_status()
    assert (status["visibility"], status["content"]) == ("direct", "<p>3</p>"), "an edit never widens"
    found = await mail.api.get("/api/v2/search", q=uri, resolve="true")
    assert [entry["uri"] for entry in found["statuses"]] == [uri]


async def test_update_that_mentions_one_more_notifies_that_one_only(mail: Correspondence) -> None:
    bob = await mail.node.create_member("bob")
    of_bob = Api(mail.node, await mail.node.create_token(bob))
    await mail.send("Create", mail.make_note(to=[ANN], tag=[MENTION]))
    await mail.api.request("POST", "/api/v1/notifications/clear")
    more = {"type": "Mention", "href": bob.uri, "name": "@bob"}
    changed = mail.make_note(to=[ANN, bob.uri], tag=[MENTION, more], updated="2026-11-05T10:00:00Z")
    await mail.send("Update", changed)
    assert await mail.list_mentions() == []
    [entry] = await of_bob.get("/api/v1/notifications", **{"types[]": "mention"})
    assert entry["status"]["uri"] == changed["id"]
    [conversation] = await of_bob.get("/api/v1/conversations")
    assert {account["acct"] for account in conversation["accounts"]} == {"ann", "eve@beta.test"}


async def test_update_that_names_another_stays_with_the_first_recipient(mail: Correspondence) -> None:
    bob = await mail.node.create_member("bob")
    await mail.send("Create", mail.make_note(to=[ANN]))
    changed = mail.make_note(to=[bob.uri], updated="2026-11-05T10:00:00Z", content="<p>2</p>")
    await mail.send("Update", changed)
    assert (await mail.load_status())["content"] == "<p>2</p>"
    of_bob = Api(mail.node, await mail.node.create_token(bob))
    assert (await mail.load_status(api=of_bob))["content"] == "<p>2</p>"


async def test_narrowed_post_is_a_conversation_of_whom_it_mentioned(mail: Correspondence) -> None:
    await mail.send("Create", mail.make_note(to=[PUBLIC], cc=[ANN], tag=[MENTION]))
    assert await mail.list_conversations() == []
    await mail.send("Update", mail.make_note(to=[ANN], tag=[MENTION], updated="2026-11-05T10:00:00Z"))
    assert await mail.list_conversations() == [f"{mail.eve}/notes/1"]
    assert len(await mail.list_mentions()) == 1
