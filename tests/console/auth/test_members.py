"""Members in the console: search, roles, links to a new password, deletion, and what admins may not do."""

from __future__ import annotations

import html
import re
from itertools import pairwise

import pytest

from fedserver.domain.auth import members
from fedserver.domain.kernel import roles
from fedserver.domain.kernel.roles import Permission
from storage.rows.accounts import AccountRow
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor, log_in_visitor

NEW_PASSWORD = "a lamp beside the window"


async def begin(start: Start, role: str = "admin") -> tuple[TestNode, Visitor, dict[str, AccountRow]]:
    """Return a node, the browser of `root` in a role, and accounts by name."""
    node = await start("alpha.test")
    people = {"root": role, "olga": "owner", "ada": "admin", "mod": "moderator", "ann": "member"}
    accounts = {name: await node.create_member(name, of) for name, of in people.items()}
    return node, await log_in_visitor(node, "root"), accounts


async def test_members_are_found_by_name_email_role_and_state(start: Start) -> None:
    _, visitor, _ = await begin(start, "moderator")
    names = {"root", "olga", "ada", "mod", "ann"}
    for query, found in (
        ("", names),
        ("q=an", {"ann"}),
        ("q=%40ann", {"ann"}),
        ("q=OLGA%40mail.test", {"olga"}),
        ("role=moderator", {"root", "mod"}),
        ("role=member&status=active", {"ann"}),
        ("status=disabled", set()),
        ("q=%25", set()),
    ):
        page = await visitor.open(f"/admin/members?{query}")
        assert page.status == 200
        assert {name for name in names if f"@{name}</span>" in page.text} == found, query
    assert "No member matches" in page.text
    assert "/admin/members/export" not in page.text, "moderators export nothing"
    assert (await visitor.open("/admin/roles")).text.count("<strong>Yes</strong>") == sum(
        roles.has(role, permission) for role in members.ROLES for permission in roles.LABELS
    )


async def test_admin_changes_a_role_with_a_reason_that_the_log_holds(start: Start) -> None:
    node, visitor, people = await begin(start)
    path = f"/admin/members/{people['ann'].id}"
    page = await visitor.submit_action(path, f"{path}/role", role="moderator", reason="  ")
    assert page.status == 422
    assert "Please write why" in page.text
    assert (await node.load_member(people["ann"])).role == "member"
    assert '<option value="moderator" selected>' in page.text, "what was chosen is still there"
    for _ in range(2):  # a form that is sent twice
        page = await visitor.submit_action(path, f"{path}/role", role="moderator", reason="She helps daily")
        assert page.path == f"/admin/accounts/{people['ann'].id}"
    assert (await node.load_member(people["ann"])).role == "moderator"
    log = await visitor.open("/admin/log?subject=member&q=helps&who=root")
    assert log.text.count("member → moderator. She helps daily") == 1
    assert "No entry matches" in (await visitor.open("/admin/log?subject=peer")).text
    assert "No entry matches" in (await visitor.open("/admin/log?until=2020-01-01")).text


@pytest.mark.parametrize(("role", "refused"), [("admin", ["olga", "ada", "root"]), ("owner", ["root"])])
async def test_nobody_administers_themselves_or_those_above(
    start: Start, role: str, refused: list[str]
) -> None:
    node, visitor, people = await begin(start, role)
    known = await visitor.open(f"/admin/members/{people['ann'].id}")
    csrf = re.search(r'name="csrf" value="([^"]+)"', known.text)
    assert csrf is not None
    for name in refused:
        path = f"/admin/members/{people[name].id}"
        assert (await visitor.open(path)).status == 403, name
        for verb in ("role", "password", "archive", "delete"):
            fields = {"csrf": csrf[1], "role": "member", "reason": "x", "typed_name": name}
            async with visitor.http.post(f"{path}/{verb}", data=fields, allow_redirects=False) as answer:
                assert answer.status == 403, (name, verb)
    path = f"/admin/members/{people['ann'].id}"
    page = await visitor.submit_action(path, f"{path}/role", role="owner", reason="x")
    assert (await node.load_member(people["ann"])).role == ("owner" if role == "owner" else "member")
    assert page.status == (200 if role == "owner" else 422)


async def test_link_to_a_new_password_is_shown_once_and_works_once(start: Start) -> None:
    node, visitor, people = await begin(start)
    path = f"/admin/members/{people['ann'].id}"
    page = await visitor.submit_action(path, f"{path}/password", reason="Lost her phone")
    link = re.search(r'value="(https://[^"]+/reset/[^"]+)"', page.text)
    assert link is not None
    assert "/reset/" not in (await visitor.open(path)).text
    guest = Visitor(node)
    address = html.unescape(link[1])
    await guest.fill_in(address.removeprefix(node.base), "password", password=NEW_PASSWORD)
    await guest.log_in("ann", NEW_PASSWORD)
    assert await guest.is_logged_in()
    assert (await Visitor(node).open(address.removeprefix(node.base))).status == 404
    assert "Lost her phone" in (await visitor.open("/admin/log")).text


async def test_member_is_deleted_only_with_the_username_typed(start: Start) -> None:
    node, visitor, people = await begin(start)
    await node.publish(people["ann"], "Goodbye")
    path = f"/admin/members/{people['ann'].id}"
    page = await visitor.submit_action(path, f"{path}/delete", typed_name="anna", reason="Asked for it")
    assert page.status == 422
    assert "Please type the username ann" in page.text
    assert 'value="Asked for it"' in page.text
    page = await visitor.submit_action(path, f"{path}/delete", typed_name="@Ann", reason="Asked for it")
    assert page.path == "/admin/members"
    assert "The member is deleted" in page.text
    await node.settle()
    assert (await Visitor(node).open("/@ann")).status in (404, 410)
    assert (await visitor.open(path)).status == 404


async def test_member_list_is_exported_and_the_log_says_so(start: Start) -> None:
    _, visitor, people = await begin(start)
    page = await visitor.submit_action("/admin/members", "/admin/members/export")
    lines = page.text.splitlines()
    assert len(lines) == len(people) + 1
    assert any(line.startswith("ann,ann@mail.test,member,active,") for line in lines)
    assert "Member list exported" in (await visitor.open("/admin/log")).text


def test_permissions_grow_with_the_role() -> None:
    assert tuple(roles.PERMISSIONS) == members.ROLES
    order = list(reversed(members.ROLES))
    for lower, higher in pairwise(order):
        assert {each for each in Permission if roles.has(lower, each)} < {
            each for each in Permission if roles.has(higher, each)
        }
    assert set(roles.LABELS) == set(Permission)
