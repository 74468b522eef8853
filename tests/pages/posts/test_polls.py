"""Polls on pages: asked and answered with plain forms; figures as bars."""

from __future__ import annotations

import re

from fedserver.domain.posts import remote_posts
from fedserver.domain.posts.polls import NewPoll
from fedserver.domain.relationships import follows
from storage.rows.accounts import AccountRow
from tests.domain.posts.test_polls import question
from tests.kit.forms import find_form, send_form
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.people import create_remote_account


async def begin(start: Start) -> tuple[TestNode, AccountRow, AccountRow]:
    """Start a node on which Bob follows Ann, with a browser of Ann."""
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    async with node.db.write() as tx:
        await follows.follow(tx, node.site, bob, ann)
    await log_in(node, "ann")
    return node, ann, bob


async def log_in(node: TestNode, name: str) -> None:
    node.http.cookie_jar.clear()
    values = {"username": name, "password": PASSWORD}
    async with node.http.post("/login", data=values, allow_redirects=False) as answer:
        assert answer.status == 303


async def page(node: TestNode, path: str) -> str:
    async with node.http.get(path) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_poll_without_script_is_written_and_answered(start: Start) -> None:
    node, _, _ = await begin(start)
    written = find_form(await page(node, "/write"), "options[]")

    async def write(*options: str) -> tuple[int, str]:
        fields = {"csrf": written.values["csrf"], "text": "Which?", "expires_in": "3600"}
        data = [*fields.items(), *(("options[]", each) for each in options)]
        headers = {"Origin": node.base, "Sec-Fetch-Site": "same-origin"}
        async with node.http.post("/write", data=data, headers=headers, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location") or await answer.text()

    status, text = await write("Only one", "", "")
    assert status == 422
    assert "Choices: This is too short. Please add more." in text
    assert 'value="Only one"' in text
    assert "<details open><summary>Poll" in text, "nothing is lost"
    status, place = await write("Tea & <b>milk</b>", "", "Coffee", "")
    assert status == 303
    assert place.startswith("/@ann/")
    own = await page(node, place)
    assert "Tea &amp; &lt;b&gt;milk&lt;/b&gt;" in own
    assert own.count("<progress") == 2
    assert "/vote" not in own, "who asks does not vote"

    await log_in(node, "bob")
    for path in ("/home", place):
        asked = await page(node, path)
        assert asked.count('type="radio"') == 2
        assert asked.count("<progress") == asked.count('max="4" aria-labelledby="first-steps"')
    ballot = find_form(asked, "choices[]")
    sent = await send_form(node.http, node.base, node.base + place, ballot, **{"choices[]": "1"})
    assert sent.status == 303
    assert sent.headers["Location"] == place
    answered = await page(node, place)
    assert "1 vote" in answered
    assert "100%" in answered
    assert '✓ <span class="skip">Your choice' in answered
    again = await send_form(node.http, node.base, node.base + place, ballot, **{"choices[]": "0"})
    assert again.status == 422
    assert "You have already voted on this poll" in await again.text()
    forged = await send_form(
        node.http, node.base, node.base + place, ballot, csrf="wrong", **{"choices[]": "0"}
    )
    assert forged.status == 403

    node.http.cookie_jar.clear()
    seen = await page(node, place)
    assert "100%" in seen
    assert "/vote" not in seen
    assert "Your choice" not in seen
    refused = await send_form(node.http, node.base, node.base + place, ballot, **{"choices[]": "0"})
    assert refused.status == 401
    node.clock.forward(hours=2)
    await node.settle()
    assert "· Ended" in await page(node, place)
    await log_in(node, "ann")
    assert "Your poll" in await page(node, "/notifications")


async def test_poll_with_script_shows_the_result_in_place(start: Start) -> None:
    node, ann, _ = await begin(start)
    poll = NewPoll(("Tea", "Coffee", "Milk"), 3600, multiple=True)
    post_id = await node.publish(ann, "Which?", poll=poll)
    secret = await node.publish(ann, "Secret?", poll=NewPoll(("Yes", "No"), 3600, hide_totals=True))
    await log_in(node, "bob")
    asked = await page(node, f"/@ann/{post_id}")
    assert asked.count('type="checkbox"') == 3
    token = find_form(asked, "choices[]").values["csrf"]
    headers = {"HX-Request": "true", "Origin": node.base, "Sec-Fetch-Site": "same-origin"}

    async def vote(place: int, *choices: str) -> tuple[int, str]:
        data = [("csrf", token), ("next", "/home"), *(("choices[]", each) for each in choices)]
        async with node.http.post(f"/polls/{place}/vote", data=data, headers=headers) as answer:
            return answer.status, await answer.text()

    status, part = await vote(post_id)
    assert status == 200
    assert 'role="alert"' in part
    assert part.count('type="checkbox"') == 3
    status, part = await vote(post_id, "0", "2")
    assert status == 200
    assert "<html" not in part
    assert part.lstrip().startswith('<div class="poll"')
    assert "2 votes · 1 person" in part
    assert part.count("100%") == 2
    status, part = await vote(secret, "0")
    assert "Results are shown when the poll ends" in part
    assert "%" not in part
    assert "<progress" not in part
    assert (await vote(12345, "0"))[0] == 404


async def test_remote_poll_viewed_by_a_member_is_refreshed(start: Start) -> None:
    node, _, _ = await begin(start)
    await node.settle()
    async with node.db.write() as tx:
        dan = await create_remote_account(tx, "dan")
        asked = question("https://beta.test/polls/1", dan, ("<script>Yes</script>", 3), ("No", 1))
        row = await remote_posts.receive(tx, dan, asked)
    assert row is not None
    place = f"/@dan@beta.test/{row.id}"
    assert "<script>Yes" not in await page(node, place)
    assert await node.settle() == 0
    node.clock.forward(seconds=90)
    shown = await page(node, place)
    assert re.search(r"4\s+votes", shown)
    assert await node.settle() == 1
