"""Lists on pages: made, read, changed, deleted, and filled from a profile."""

from __future__ import annotations

import re

from fedserver.domain.relationships import follows, lists
from storage.rows.accounts import AccountRow
from tests.kit.forms import parse_forms, send_form
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor, log_in_visitor


async def begin(start: Start) -> tuple[TestNode, AccountRow, AccountRow, Visitor]:
    """Start a node on which Ann follows Bob, with a browser of Ann."""
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    async with node.db.write() as tx:
        await follows.follow(tx, node.site, ann, bob)
    return node, ann, bob, await log_in_visitor(node, "ann")


async def create(node: TestNode, owner: AccountRow, title: str = "Friends") -> int:
    async with node.db.write() as tx:
        return (await lists.create(tx, owner, title)).id


async def members(node: TestNode, owner: AccountRow, list_id: int) -> list[int]:
    async with node.db.read() as tx:
        return [account_id for _, account_id in await lists.list_accounts(tx, owner, list_id, None)]


async def test_list_is_made_filled_read_renamed_and_deleted(start: Start) -> None:
    node, ann, bob, visitor = await begin(start)
    empty = await visitor.open("/lists")
    assert "A list is a timeline of its own" in empty.text
    page = await visitor.submit_action(empty, "/lists", title="Friends & <b>kin</b>")
    found = re.fullmatch(r"/lists/(\d+)/edit", page.path)
    assert found is not None
    assert "The list is ready" in page.text
    list_id = int(found[1])
    twice = await visitor.submit_action(empty, "/lists", title="Friends & <b>kin</b>")
    assert twice.path == page.path, "a form that is sent twice makes one list"

    await node.publish(bob, "Hello")
    unread = await visitor.open(f"/lists/{list_id}")
    assert "Add people" in unread.text
    assert "Friends &amp; &lt;b&gt;kin&lt;/b&gt;" in unread.text
    for handle in ("@bob", "bob@alpha.test"):
        added = await visitor.submit_action(page, f"/lists/{list_id}/members", handle=handle)
        assert "The account is on the list." in added.text, handle
    assert await members(node, ann, list_id) == [bob.id]
    assert "Hello" in (await visitor.open(f"/lists/{list_id}")).text

    renamed = await visitor.submit_action(
        added, f"/lists/{list_id}/edit", title="Kin", replies_policy="none", exclusive="0"
    )
    assert "The list is saved." in renamed.text
    removed = await visitor.submit_action(renamed, f"/lists/{list_id}/members/{bob.id}/remove")
    assert "The account is no longer on the list." in removed.text
    assert await members(node, ann, list_id) == []
    await visitor.submit_action(removed, f"/lists/{list_id}/members/{bob.id}/add")
    assert await members(node, ann, list_id) == [bob.id], "undone"
    gone = await visitor.submit_action(renamed, f"/lists/{list_id}/delete")
    assert gone.path == "/lists"
    assert "The list is deleted." in gone.text
    assert "Kin" not in gone.text
    assert (await visitor.open(f"/lists/{list_id}")).status == 404


async def test_account_is_put_on_lists_from_its_profile(start: Start) -> None:
    node, ann, bob, visitor = await begin(start)
    path = f"/accounts/{bob.id}/lists"
    assert path in (await visitor.open("/@bob")).text
    assert "Name of a new list" in (await visitor.open(path)).text
    list_id = await create(node, ann)
    shown = await visitor.open(f"{path}?next=/home")
    for _ in range(2):
        page = await visitor.submit_action(shown, path)
        assert page.path == "/home"
        assert "Your lists are saved." in page.text
        assert await members(node, ann, list_id) == [bob.id]
    form = next(form for form in parse_forms(shown.text) if form.action == path)
    del form.values["lists[]"]
    answer = await send_form(visitor.http, node.base, node.base + path, form)
    assert answer.status == 303
    assert await members(node, ann, list_id) == []


async def test_account_that_is_not_followed_cannot_be_added(start: Start) -> None:
    node, ann, _, visitor = await begin(start)
    eve = await node.create_member("eve")
    list_id = await create(node, ann)
    for handle in ("eve", "nobody", "a@b@c", "", "@", "ann@nowhere.test"):
        page = await visitor.submit_action(
            f"/lists/{list_id}/edit", f"/lists/{list_id}/members", handle=handle
        )
        assert page.status == 422, handle
        assert "You do not follow an account with this name" in page.text
    assert "Follow this one first" in (await visitor.open(f"/accounts/{eve.id}/lists")).text
    assert await members(node, ann, list_id) == []


async def test_list_of_another_member_is_not_found(start: Start) -> None:
    node, _, bob, visitor = await begin(start)
    list_id = await create(node, bob)
    for path in (f"/lists/{list_id}", f"/lists/{list_id}/edit"):
        assert (await visitor.open(path)).status == 404
    page = await visitor.open("/lists")
    for act in ("edit", "delete", "members", f"members/{bob.id}/add", f"members/{bob.id}/remove"):
        token = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
        data = {"csrf": token, "title": "Mine", "handle": "bob"}
        headers = {"Origin": node.base, "Sec-Fetch-Site": "same-origin"}
        async with visitor.http.post(f"/lists/{list_id}/{act}", data=data, headers=headers) as answer:
            assert answer.status == 404, act
    async with node.db.read() as tx:
        assert (await lists.get(tx, bob, list_id)).title == "Friends"
    assert (await Visitor(node).open("/lists")).path == "/login?next=/lists"


async def test_list_needs_a_name(start: Start) -> None:
    node, ann, _, visitor = await begin(start)
    for title in ("", "  ", "\u200b"):
        page = await visitor.submit_action("/lists", "/lists", title=title)
        assert page.status == 422
        assert 'class="problem"' in page.text
    async with node.db.read() as tx:
        assert await lists.list_by_account(tx, ann) == []


async def test_list_pages_to_older_posts_and_members(start: Start) -> None:
    node, ann, bob, visitor = await begin(start)
    list_id = await create(node, ann)
    async with node.db.write() as tx:
        await lists.add_accounts(tx, ann, list_id, [bob.id])
    for number in range(23):
        await node.publish(bob, f"Post number {number}.")
    first = await visitor.open(f"/lists/{list_id}")
    older = re.search(r'href="(/lists/\d+\?max_id=\d+)"', first.text)
    assert older is not None
    second = await visitor.open(older[1])
    assert "Post number 0." in second.text
    assert "Post number 0." not in first.text
