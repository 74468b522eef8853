"""Blocks, mutes, notes and boosts from the menus of posts and profiles, with plain forms."""

from __future__ import annotations

import re

import pytest

from fedserver.domain.accounts import relations
from fedserver.domain.accounts.relations import Relation
from fedserver.domain.posts import boosts
from fedserver.domain.relationships import blocks, follows
from storage.rows.accounts import AccountRow
from tests.kit.nodes import Start, TestNode
from tests.kit.people import create_remote_account
from tests.kit.visitors import Visitor, log_in_visitor

DONE = re.compile(r'<div class="done" role="status"[^>]*><p>(.*?)</p>')


async def begin(start: Start) -> tuple[TestNode, AccountRow, AccountRow, Visitor]:
    """Start a node on which Ann follows Bob, with a browser of Ann."""
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    async with node.db.write() as tx:
        await follows.follow(tx, node.site, ann, bob)
    return node, ann, bob, await log_in_visitor(node, "ann")


async def load(node: TestNode, actor: AccountRow, target: AccountRow) -> Relation:
    async with node.db.read() as tx:
        [relation] = await relations.load(tx, actor.id, [target.id])
    return relation


def said(text: str) -> list[str]:
    return DONE.findall(text)


async def test_block_from_the_menu_of_a_post_is_said_once_and_undone(start: Start) -> None:
    node, ann, bob, visitor = await begin(start)
    await node.publish(bob, "Hello")
    home = await visitor.open("/home")
    link = f"/accounts/{bob.id}/block?next=/home"
    assert link in home.text
    page = await visitor.submit_action(link, f"/accounts/{bob.id}/block")
    assert page.path == "/home"
    assert said(page.text) == ["You blocked this account."]
    assert "Hello" not in page.text
    assert (await load(node, ann, bob)).blocking
    undone = await visitor.submit_action(page, f"/accounts/{bob.id}/unblock")
    assert undone.path == "/home"
    assert said(undone.text) == ["You unblocked this account."]
    assert not (await load(node, ann, bob)).blocking
    assert said((await visitor.open("/home")).text) == []


async def test_profile_of_a_blocked_account_offers_to_unblock(start: Start) -> None:
    node, ann, bob, visitor = await begin(start)
    async with node.db.write() as tx:
        await blocks.block(tx, node.site, ann, bob)
    profile = await visitor.open("/@bob")
    assert "You blocked this account." in profile.text
    assert f"/accounts/{bob.id}/follow" not in profile.text
    shown = await visitor.submit_action(f"/accounts/{bob.id}/block", f"/accounts/{bob.id}/unblock")
    assert shown.path == "/@bob"
    assert not (await load(node, ann, bob)).blocking
    again = await visitor.submit_action(profile, f"/accounts/{bob.id}/unblock")
    assert again.status == 200, "a form that is sent twice changes nothing more"


async def test_block_from_a_thread_leads_to_a_page_that_is_there(start: Start) -> None:
    node, _, bob, visitor = await begin(start)
    post_id = await node.publish(bob, "Hello")
    link = f"/accounts/{bob.id}/block?next=/%40bob/{post_id}"
    page = await visitor.submit_action(link, f"/accounts/{bob.id}/block")
    assert page.status == 200
    assert said(page.text) == ["You blocked this account."]


@pytest.mark.parametrize("seconds", [3_600, 86_400, 604_800, 0])
async def test_mute_lasts_as_long_as_chosen(start: Start, seconds: int) -> None:
    node, ann, bob, visitor = await begin(start)
    path = f"/accounts/{bob.id}/mute"
    page = await visitor.submit_action(f"{path}?next=/home", path, duration=str(seconds))
    assert said(page.text) == ["You muted this account."]
    relation = await load(node, ann, bob)
    assert relation.muting
    assert relation.muting_notifications
    now = node.clock()
    assert relation.mute_expires_at is None if not seconds else relation.mute_expires_at is not None
    if relation.mute_expires_at is not None:
        assert seconds - 60 < (relation.mute_expires_at - now) / 1000 <= seconds
    listed = await visitor.open("/settings/hidden")
    assert "@bob" in listed.text
    assert ("Without an end" in listed.text) == (seconds == 0)
    assert ("Ends in" in listed.text) == (seconds != 0)
    profile = await visitor.open("/@bob")
    assert "You mute this account" in profile.text
    unmuted = await visitor.submit_action(profile, f"/accounts/{bob.id}/unmute")
    assert said(unmuted.text) == ["You unmuted this account."]
    assert not (await load(node, ann, bob)).muting


async def post_as_form(visitor: Visitor, path: str, token_from: str, **values: str) -> tuple[int, str]:
    """Send a form that no page offers, with the token of the member."""
    page = await visitor.open(token_from)
    token = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
    headers = {"Origin": visitor.node.base, "Sec-Fetch-Site": "same-origin"}
    async with visitor.http.post(
        path, data={"csrf": token, **values}, headers=headers, allow_redirects=False
    ) as answer:
        return answer.status, await answer.text()


async def test_mute_without_notifications_keeps_them(start: Start) -> None:
    node, ann, bob, visitor = await begin(start)
    status, _ = await post_as_form(visitor, f"/accounts/{bob.id}/mute", "/home", duration="3600")
    assert status == 303
    relation = await load(node, ann, bob)
    assert relation.muting
    assert not relation.muting_notifications
    status, _ = await post_as_form(visitor, f"/accounts/{bob.id}/mute", "/home", duration="-5")
    assert status == 422


async def test_boosts_are_hidden_where_they_appear_and_shown_again(start: Start) -> None:
    node, ann, bob, visitor = await begin(start)
    eve = await node.create_member("eve")
    post_id = await node.publish(eve, "Hello")
    async with node.db.write() as tx:
        await boosts.boost(tx, node.site, bob, post_id)
    await node.settle()
    page = await visitor.submit_action("/home", f"/accounts/{bob.id}/hide_boosts")
    assert said(page.text) == ["You no longer see boosts by this account."]
    assert not (await load(node, ann, bob)).showing_boosts
    page = await visitor.submit_action(page, f"/accounts/{bob.id}/show_boosts")
    assert (await load(node, ann, bob)).showing_boosts
    assert f"/accounts/{bob.id}/hide_boosts" in (await visitor.open("/@bob")).text


async def test_hiding_boosts_of_an_account_that_is_not_followed_does_not_follow_it(start: Start) -> None:
    node, ann, _, visitor = await begin(start)
    eve = await node.create_member("eve")
    for act in ("hide_boosts", "show_boosts"):
        status, text = await post_as_form(visitor, f"/accounts/{eve.id}/{act}", "/home")
        assert status == 422
        assert "You do not follow this account" in text
    assert not (await load(node, ann, eve)).following


async def test_private_note_is_shown_on_the_profile_to_its_author_only(start: Start) -> None:
    node, ann, bob, visitor = await begin(start)
    path = f"/accounts/{bob.id}/note"
    page = await visitor.fill_in(path, "comment", comment="Met at <b>fair</b>")
    assert page.path == "/@bob"
    assert said(page.text) == ["Your note is saved."]
    assert "Met at &lt;b&gt;fair&lt;/b&gt;" in page.text
    assert "Met at" not in (await (await log_in_visitor(node, "bob")).open("/@bob")).text
    refused = await visitor.fill_in(path, "comment", comment="x" * 3_000)
    assert refused.status == 422
    assert "x" * 3_000 in refused.text, "nothing is lost"
    assert (await load(node, ann, bob)).note == "Met at <b>fair</b>"


async def test_acts_lead_back_to_this_node_only(start: Start) -> None:
    _, _, bob, visitor = await begin(start)
    for elsewhere in ("https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)"):
        page = await visitor.open(f"/accounts/{bob.id}/block?next={elsewhere}")
        assert "evil.test" not in page.text.partition("<footer")[0]
        assert 'href="javascript:' not in page.text
        path = f"/accounts/{bob.id}/note"
        answer = await visitor.fill_in(path, "comment", comment="", next=elsewhere)
        assert answer.path == "/@bob"


async def test_own_account_is_neither_muted_nor_blocked(start: Start) -> None:
    _, ann, _, visitor = await begin(start)
    for act in ("block", "mute", "note", "lists", "report"):
        assert (await visitor.open(f"/accounts/{ann.id}/{act}")).status == 403, act
        assert (await post_as_form(visitor, f"/accounts/{ann.id}/{act}", "/home"))[0] == 403, act
    assert (await visitor.open("/accounts/1/block")).status == 404


async def test_guests_get_no_menus_and_do_nothing(start: Start) -> None:
    node, ann, bob, _ = await begin(start)
    await node.publish(bob, "Hello")
    guest = Visitor(node)
    for path in ("/@bob", "/local"):
        assert "/accounts/" not in (await guest.open(path)).text
    for act in ("block", "mute", "note", "lists", "report"):
        assert (await guest.open(f"/accounts/{bob.id}/{act}")).path.startswith("/login?next=")
        async with guest.http.post(f"/accounts/{bob.id}/{act}", data={"csrf": "x"}) as answer:
            assert answer.status == 401, act
    assert not (await load(node, ann, bob)).blocking


async def test_form_with_a_wrong_token_is_refused(start: Start) -> None:
    node, ann, bob, visitor = await begin(start)
    for act in ("block", "mute", "hide_boosts"):
        data = {"csrf": "wrong", "next": "/home"}
        async with visitor.http.post(f"/accounts/{bob.id}/{act}", data=data) as answer:
            assert answer.status == 403
    relation = await load(node, ann, bob)
    assert not relation.blocking
    assert not relation.muting
    assert relation.showing_boosts


@pytest.mark.parametrize("value", ["x", "block", "block.1.2.3", "block.<b>", "unknown.5", "report.9"])
async def test_notice_that_no_act_set_breaks_no_page(start: Start, value: str) -> None:
    _, _, _, visitor = await begin(start)
    async with visitor.http.get("/home", headers={"Cookie": _with_notice(visitor, value)}) as answer:
        assert answer.status == 200
        assert "<b>" not in DONE.sub("", await answer.text()).partition("<main")[2].partition("</main")[0]


def _with_notice(visitor: Visitor, value: str) -> str:
    cookies = [f"{cookie.key}={cookie.value}" for cookie in visitor.http.cookie_jar]
    name = "__Host-notice" if visitor.node.base.startswith("https:") else "notice"
    return "; ".join([*cookies, f"{name}={value}"])


async def test_menu_of_a_remote_post_leads_to_its_server(start: Start) -> None:
    node, ann, _, visitor = await begin(start)
    async with node.db.write() as tx:
        dan = await create_remote_account(tx, "dan")
    page = await visitor.open(f"/@dan@{dan.domain}")
    assert page.status == 200
    assert "Open on its own server" in page.text
    assert f'data-copy="{dan.url}"' in page.text
    assert "Open on its own server" not in (await visitor.open("/@bob")).text
    page = await visitor.submit_action(f"/accounts/{dan.id}/block", f"/accounts/{dan.id}/block")
    assert page.path == f"/@dan@{dan.domain}"
    assert (await load(node, ann, dan)).blocking
