"""Bookmarks and favourites: found again, page by page, and taken back."""

from __future__ import annotations

import re

import pytest

from fedserver.domain.posts import likes
from fedserver.domain.timelines import bookmarks
from storage.engine import Tx
from storage.rows.accounts import AccountRow
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor, log_in_visitor

PAGES = ["/bookmarks", "/favourites"]


async def begin(start: Start) -> tuple[TestNode, AccountRow, AccountRow, Visitor]:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    return node, ann, bob, await log_in_visitor(node, "ann")


async def save(tx: Tx, node: TestNode, path: str, account: AccountRow, post_id: int) -> None:
    if path == "/bookmarks":
        await bookmarks.add(tx, account, post_id)
    else:
        await likes.like(tx, node.site, account, post_id)


@pytest.mark.parametrize("path", PAGES)
async def test_all_saved_posts_are_found_page_by_page(start: Start, path: str) -> None:
    node, ann, bob, visitor = await begin(start)
    ids = [await node.publish(bob, f"Post number {number}.") for number in range(45)]
    async with node.db.write() as tx:
        # In another order than the posts: pages go by when a post was saved.
        for post_id in ids[::-1]:
            await save(tx, node, path, ann, post_id)
    shown: list[str] = []
    address, pages = path, 0
    while address:
        page = await visitor.open(address)
        shown += re.findall(r"Post number (\d+)\.", page.text)
        older = re.search(rf'href="({path}\?max_id=\d+)"', page.text)
        address, pages = older[1] if older else "", pages + 1
    assert shown == [str(number) for number in range(45)]
    assert pages == 3


@pytest.mark.parametrize("path", PAGES)
async def test_empty_page_leads_on_and_guests_log_in(start: Start, path: str) -> None:
    node, _, _, visitor = await begin(start)
    page = await visitor.open(path)
    assert 'role="button" href="/local"' in page.text
    assert (await Visitor(node).open(path)).path == f"/login?next={path}"


@pytest.mark.parametrize("path", PAGES)
async def test_saved_posts_of_others_are_not_shown(start: Start, path: str) -> None:
    node, _, bob, visitor = await begin(start)
    post_id = await node.publish(bob, "Hello")
    async with node.db.write() as tx:
        await save(tx, node, path, bob, post_id)
    assert "Hello" not in (await visitor.open(path)).text


async def test_navigation_leads_to_the_pages(start: Start) -> None:
    node, _, _, visitor = await begin(start)
    home = (await visitor.open("/home")).text
    for path in (*PAGES, "/lists", "/conversations", "/follow-requests"):
        assert f'href="{path}"' in home, path
        assert f'href="{path}" aria-current="page"' in (await visitor.open(path)).text, path
        assert f'href="{path}"' not in (await Visitor(node).open("/local")).text, path
