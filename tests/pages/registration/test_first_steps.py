"""The first steps of a new member, without a script: each is taken or skipped, nothing written is lost."""

from __future__ import annotations

from typing import Any

import aiohttp

from fedserver.domain.accounts import accounts, featured_tags
from fedserver.domain.content import tags
from fedserver.domain.posts import likes
from storage.engine import Page
from storage.queries.peers import partners as partner_queries
from storage.rows.peers import PartnerRow
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.people import create_remote_account
from tests.kit.pictures import make_picture
from tests.kit.visitors import VisitedPage, Visitor, log_in_visitor


async def join(start: Start) -> tuple[TestNode, Visitor, VisitedPage]:
    """Sign up on a node with an author, a member and someone at a partner; return the page that follows."""
    node = await start("alpha.test")
    author, bob = await node.create_member("author", "owner"), await node.create_member("bob")
    post_id = await node.publish(author, "Words", kind="Article", title="How to mend a lamp")
    async with node.db.write() as tx:
        await likes.like(tx, node.site, bob, post_id)
        await featured_tags.feature(tx, bob, "Gardening")
        pat = await create_remote_account(tx, "pat", "partner.test", discoverable=True)
        await create_remote_account(tx, "eve", "other.test", discoverable=True)
        row = PartnerRow(
            1, "partner.test", pat.id, "agreed", True, "u", '["local"]', "", 1, 1, None, "", None
        )
        await partner_queries.upsert_partner(tx, row)
    visitor = Visitor(node)
    page = await visitor.fill_in(
        "/signup", "username", username="ann", email="ann@mail.test", password=PASSWORD
    )
    return node, visitor, page


async def send(visitor: Visitor, page: VisitedPage, **fields: Any) -> VisitedPage:
    """Send the form of a step, with lists and files as a browser sends them."""
    csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    form = aiohttp.FormData({"csrf": csrf})
    for name, value in fields.items():
        for item in value if isinstance(value, list) else [value]:
            is_file = isinstance(item, bytes)
            form.add_field(
                name if not isinstance(value, list) else f"{name}[]",
                item,
                **({"filename": "a.png", "content_type": "image/png"} if is_file else {}),
            )
    async with visitor.http.post(page.path, data=form, allow_redirects=False) as answer:
        return await visitor._follow_redirects(answer)


async def test_member_takes_each_step_and_home_is_not_empty(start: Start) -> None:
    node, visitor, page = await join(start)
    assert page.path == "/welcome/profile"
    page = await send(visitor, page, display_name="Ann Example", avatar=make_picture())
    assert page.path == "/welcome/interests"
    assert "#Gardening" in page.text
    page = await send(visitor, page, chosen=["Gardening"], interests=["data analysis", "", "#SQL"])
    assert page.path == "/welcome/people"
    people, shown = page.text, [name for name in ("author", "bob", "pat", "eve") if f"@{name}" in page.text]
    assert shown == ["author", "bob", "pat"], "whom the node knows, and its partners, but nobody else"
    ids = [part.partition('"')[0] for part in people.split('name="shown[]" value="')[1:]]
    assert len(ids) == 3
    page = await send(visitor, page, which="all", people=ids[:1], shown=ids)
    assert page.path == "/welcome/hello"
    assert "Hello, I am Ann Example." in page.text
    assert "#Gardening" in page.text
    key = page.text.partition('name="idempotency_key" value="')[2].partition('"')[0]
    hello = {"text": "Hello, I am Ann", "visibility": "local", "idempotency_key": key}
    for _ in range(2):  # a double click
        end = await send(visitor, page, **hello)
        assert end.path == "/apps?welcome=1"
    assert "You are all set" in end.text
    home = (await visitor.open("/home")).text
    assert "How to mend a lamp" in home
    assert home.count("Hello, I am Ann<") == 1
    assert "first steps" not in home, "all are done"
    async with node.db.read() as tx:
        ann = await accounts.find_by_handle(tx, "ann")
    assert ann is not None
    assert ann.following_count >= 2


async def test_skipped_steps_wait_on_home_until_dismissed(start: Start) -> None:
    node, visitor, page = await join(start)
    for step in ("interests", "people", "hello"):
        assert f'href="/welcome/{step}"' in page.text
        page = await visitor.open(f"/welcome/{step}")
        assert page.status == 200
    assert 'href="/apps?welcome=1"' in page.text
    home = await visitor.open("/home")
    assert "Your first steps: 0 of 4" in home.text
    resumed = await visitor.open("/welcome")
    assert resumed.path == "/welcome/profile"
    page = await send(visitor, await visitor.open("/welcome/interests"), interests=["Tea"])
    assert "Your first steps: 1 of 4" in (await visitor.open("/home")).text
    node.clock.forward(hours=61 * 24)
    visitor = await log_in_visitor(node, "ann")
    assert "Your first steps" not in (await visitor.open("/home")).text


async def test_step_that_is_refused_says_why_at_the_field_and_keeps_the_rest(start: Start) -> None:
    _, visitor, _ = await join(start)
    page = await send(
        visitor, await visitor.open("/welcome/profile"), display_name="Ann", avatar=b"no picture"
    )
    assert page.status == 422
    assert 'id="avatar-problem"' in page.text
    assert 'value="Ann"' in page.text
    page = await send(visitor, await visitor.open("/welcome/interests"), interests=["Tea", "c++!", "42"])
    assert page.status == 422
    assert 'id="interests-problem"' in page.text
    assert all(f'value="{text}"' in page.text for text in ("Tea", "c++!", "42"))
    assert "/tags/" not in (await visitor.open("/@ann")).text, "none of them is saved"
    page = await send(visitor, await visitor.open("/welcome/hello"), text="x" * 100_000, visibility="public")
    assert page.status == 422
    page = await send(visitor, await visitor.open("/welcome/hello"), text=" ", visibility="public")
    assert page.status == 422
    assert "problem" in page.text
    page = await send(visitor, await visitor.open("/welcome/people"), people=["1", "999"])
    assert page.path == "/welcome/hello", "accounts that are gone are left out"


async def test_interests_are_shown_on_the_profile_and_followed(start: Start) -> None:
    node, visitor, _ = await join(start)
    await send(visitor, await visitor.open("/welcome/interests"), interests=["data analysis"])
    async with node.db.read() as tx:
        ann = await accounts.find_by_handle(tx, "ann")
        assert ann is not None
        assert [row.name for row in await featured_tags.list_by_account(tx, ann)] == ["DataAnalysis"]
        assert [row.display for _, row in await tags.list_followed(tx, ann, Page(limit=5))] == [
            "DataAnalysis"
        ]


async def test_lines_of_the_first_hello_that_nobody_finished_are_not_published(start: Start) -> None:
    _, visitor, _ = await join(start)
    page = await visitor.open("/welcome/hello")
    text = "Hello, I am Ann.\r\nI can help with: \r\nI would like to learn: Greek\r\nAsk me about:\r\n\r\n#hi"
    await send(visitor, page, text=text, visibility="public")
    shown = (await visitor.open("/@ann")).text
    assert "I would like to learn: Greek" in shown
    assert "I can help with" not in shown
    assert "Ask me about" not in shown
