"""Conversations on their page: read, marked, removed."""

from __future__ import annotations

import re

from fedserver.domain.notifications import conversations
from storage.engine import Page
from storage.rows.accounts import AccountRow
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor, log_in_visitor

PATH = "/conversations"


async def begin(start: Start) -> tuple[TestNode, AccountRow, int, Visitor]:
    """Start a node on which Bob wrote to Ann privately, with a browser of Ann."""
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    visitor = await log_in_visitor(node, "ann")
    assert 'role="button" href="/write"' in (await visitor.open(PATH)).text
    await node.publish(bob, "Hello @ann, a <b>secret</b>", visibility="direct")
    await node.settle()
    async with node.db.read() as tx:
        [view], _ = await conversations.list_by_account(tx, ann, Page())
    return node, ann, view.row.id, visitor


async def test_conversation_is_read_marked_and_removed(start: Start) -> None:
    node, ann, conversation_id, visitor = await begin(start)
    shown = await visitor.open(PATH)
    assert "a &lt;b&gt;secret" in shown.text
    assert 'class="state"' in shown.text
    read = await visitor.submit_action(shown, f"{PATH}/{conversation_id}/read")
    assert read.path == PATH
    assert 'class="state"' not in read.text
    assert "The conversation is marked as read." in read.text
    again = await visitor.submit_action(shown, f"{PATH}/{conversation_id}/read")
    assert again.status == 200
    unread = await visitor.submit_action(read, f"{PATH}/{conversation_id}/unread")
    assert 'class="state"' in unread.text
    removed = await visitor.submit_action(unread, f"{PATH}/{conversation_id}/remove")
    assert removed.path == PATH
    assert "The conversation is no longer in your list." in removed.text
    assert "secret" not in removed.text
    async with node.db.read() as tx:
        assert await conversations.list_by_account(tx, ann, Page()) == ([], [])


async def test_conversations_of_others_are_not_found(start: Start) -> None:
    node, _, conversation_id, _ = await begin(start)
    await node.create_member("eve")
    eve = await log_in_visitor(node, "eve")
    page = await eve.open(PATH)
    assert "secret" not in page.text
    token = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
    headers = {"Origin": node.base, "Sec-Fetch-Site": "same-origin"}
    for act in ("read", "unread", "remove"):
        async with eve.http.post(
            f"{PATH}/{conversation_id}/{act}", data={"csrf": token}, headers=headers
        ) as answer:
            assert answer.status == 404
        async with Visitor(node).http.post(f"{PATH}/{conversation_id}/{act}", data={}) as answer:
            assert answer.status == 401
    assert (await Visitor(node).open(PATH)).path == "/login?next=/conversations"
