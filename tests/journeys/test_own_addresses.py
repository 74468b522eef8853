"""Peers name accounts and posts of a node by other addresses than their ids."""

from __future__ import annotations

import pytest

from activitypub.terms import PUBLIC
from fedserver.domain.accounts import accounts
from storage.queries.moderation import reports as report_queries
from storage.queries.posts import posts as post_queries
from storage.queries.posts import quotes as quote_queries
from storage.rows.posts import PostRow
from tests.journeys.conftest import Correspondence

POST_SHAPES = [
    "https://alpha.test/@ann/{}",
    "https://ALPHA.TEST/users/ann/statuses/{}",
    "https://alpha.test:443/users/ann/statuses/{}",
    "http://alpha.test/users/ann/statuses/{}",
    "https://alpha.test/users/ann/statuses/{}/",
    "https://alpha.test/users/ann/statuses/{}#x",
    "https://alpha.test/users/ann/statuses/{}?x=1",
    "https://alpha.test/users/ann/statuses/{}/activity",
    "https://alpha.test/users/ANN/statuses/{}",
    "https://alpha.test/%40ann/{}",
    "HTTPS://Alpha.Test/@ANN@alpha.test/{}/",
]
ACCOUNT_SHAPES = [
    "https://alpha.test/@ann",
    "https://ALPHA.test/users/ann",
    "https://alpha.test/users/ANN",
    "https://alpha.test:443/users/ann/",
    "http://alpha.test/users/ann",
    "https://alpha.test/users/ann#me",
    "https://alpha.test/@ann@alpha.test",
    "acct:ann@alpha.test",
]


async def load_post(mail: Correspondence, post_id: int) -> PostRow:
    async with mail.node.db.read() as tx:
        row: PostRow | None = await post_queries.find(tx, post_id)
    assert row is not None
    return row


@pytest.mark.parametrize("shape", POST_SHAPES)
async def test_post_in_another_spelling_is_liked_boosted_answered_and_found(
    mail: Correspondence, shape: str
) -> None:
    post_id = await mail.node.publish(mail.ann, "the post")
    address = shape.format(post_id)
    await mail.send("Like", address)
    await mail.send("Announce", address, to=[PUBLIC])
    await mail.send("Create", mail.make_note(inReplyTo=address, to=[PUBLIC]))
    await mail.send("EmojiReact", address, content="🎉")
    row = await load_post(mail, post_id)
    assert (row.likes_count, row.boosts_count, row.replies_count) == (1, 1, 1)
    answer = await mail.find_post()
    assert answer is not None
    assert answer.in_reply_to_id == post_id
    found = await mail.api.get("/api/v2/search", q=address, resolve="true")
    assert [status["id"] for status in found["statuses"]] == [str(post_id)]
    reaction = {"type": "EmojiReact", "actor": mail.eve, "object": address, "content": "🎉"}
    await mail.send("Undo", reaction)
    await mail.send("Undo", {"type": "Like", "actor": mail.eve, "object": address})
    await mail.send("Undo", {"type": "Announce", "actor": mail.eve, "object": address})
    row = await load_post(mail, post_id)
    assert (row.likes_count, row.boosts_count) == (0, 0)


async def test_article_is_recognised_by_its_page(mail: Correspondence) -> None:
    post_id = await mail.node.publish(mail.ann, "words", kind="Article", title="A title")
    await mail.send("Like", (await load_post(mail, post_id)).url + "#user-content-place")
    assert (await load_post(mail, post_id)).likes_count == 1


async def test_quote_and_flag_in_another_spelling_are_recognised(mail: Correspondence) -> None:
    post_id = await mail.node.publish(mail.ann, "the post")
    address = f"https://alpha.test/@ann/{post_id}"
    await mail.send("Create", mail.make_note(quote=address, cc=[mail.ann.uri]))
    quoting = await mail.find_post()
    assert quoting is not None
    async with mail.node.db.read() as tx:
        quote = await quote_queries.find_by_post(tx, quoting.id)
    assert quote is not None
    assert quote.quoted_id == post_id
    await mail.send("QuoteRequest", address, instrument=quoting.uri)
    assert (await load_post(mail, post_id)).quotes_count == 1
    await mail.send("Flag", ["https://ALPHA.TEST/@ann", address], content="bad")
    async with mail.node.db.read() as tx:
        [report] = await report_queries.list_open_by_target(tx, mail.ann.id)
    assert str(post_id) in report.post_ids


@pytest.mark.parametrize("shape", ACCOUNT_SHAPES)
async def test_account_in_another_spelling_is_followed_and_answers(mail: Correspondence, shape: str) -> None:
    await mail.send("Follow", shape)
    [follower] = await mail.api.get(f"/api/v1/accounts/{mail.ann.id}/followers")
    assert follower["acct"] == "eve@beta.test"
    await mail.send("Undo", {"type": "Follow", "actor": mail.eve, "object": shape})
    assert await mail.api.get(f"/api/v1/accounts/{mail.ann.id}/followers") == []
    await mail.send("Block", shape)
    await mail.send("Create", mail.make_note(inReplyTo=None, to=[shape]))
    assert await mail.list_mentions() == [], "she blocks Ann"


async def test_name_in_small_letters_is_the_one_with_capitals(mail: Correspondence) -> None:
    bob = await mail.node.create_member("Bob")
    assert bob.uri == "https://alpha.test/users/Bob"
    post_id = await mail.node.publish(bob, "the post")
    await mail.send("Follow", "https://alpha.test/users/bob")
    await mail.send("Like", f"https://alpha.test/users/bob/statuses/{post_id}")
    assert (await load_post(mail, post_id)).likes_count == 1
    [follower] = await mail.api.get(f"/api/v1/accounts/{bob.id}/followers")
    assert follower["acct"] == "eve@beta.test"


@pytest.mark.parametrize(
    "address",
    [
        "https://alpha.test/users/ann#main-key",
        "https://alpha.test/users/ann#follows/1",
        "https://alpha.test/users/ann/outbox",
        "https://alpha.test:444/users/ann",
        "https://alpha.test.evil.test/users/ann",
        "https://alpha.test@evil.test/users/ann",
        "https://alpha.test/@ann@beta.test",
        "acct:ann@beta.test",
    ],
)
async def test_address_of_something_else_is_no_account(mail: Correspondence, address: str) -> None:
    await mail.send("Follow", address)
    assert await mail.api.get(f"/api/v1/accounts/{mail.ann.id}/followers") == []


async def test_post_of_another_member_is_not_taken_for_the_one_that_is_named(mail: Correspondence) -> None:
    await mail.node.create_member("bob")
    post_id = await mail.node.publish(mail.ann, "the post")
    await mail.send("Like", f"https://alpha.test/@bob/{post_id}")
    assert (await load_post(mail, post_id)).likes_count == 0


async def test_move_to_an_account_in_another_spelling_is_confirmed(mail: Correspondence) -> None:
    async with mail.node.db.write() as tx:
        change = accounts.ProfileChange(also_known_as=(mail.eve,))
        await accounts.update_profile(tx, mail.node.site, mail.ann, change)
    mail.beta.serve_actor("eve", movedTo="https://ALPHA.test/@ann")
    account = await mail.node.node.services.resolver.refetch_account("@eve@beta.test")
    assert account is not None
    assert account.moved_to_id == mail.ann.id


async def test_webfinger_names_an_account_by_any_of_its_addresses(mail: Correspondence) -> None:
    for shape in ACCOUNT_SHAPES:
        async with mail.node.http.get("/.well-known/webfinger", params={"resource": shape}) as answer:
            assert answer.status == 200, shape
            assert (await answer.json(content_type=None))["subject"] == "acct:ann@alpha.test"
