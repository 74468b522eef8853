"""Muted and blocked accounts and muted servers in the settings."""

from __future__ import annotations

from fedserver.domain.relationships import blocks, domain_mutes
from storage.engine import Page
from storage.rows.accounts import AccountRow
from tests.kit.forms import parse_forms, send_form
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor, log_in_visitor

PATH = "/settings/hidden"


async def begin(start: Start) -> tuple[TestNode, AccountRow, Visitor]:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    return node, ann, await log_in_visitor(node, "ann")


async def domains(node: TestNode, ann: AccountRow) -> list[str]:
    async with node.db.read() as tx:
        return [name for _, name in await domain_mutes.list_by_account(tx, ann, Page())]


async def test_empty_pages_lead_on(start: Start) -> None:
    _, _, visitor = await begin(start)
    for show, text in (("muted", "not muted anyone"), ("blocked", "not blocked"), ("domains", "a server.")):
        page = await visitor.open(f"{PATH}?show={show}")
        assert page.status == 200
        assert text in page.text
        assert 'role="button" href="/home"' in page.text
    assert (await visitor.open(f"{PATH}?show=other")).status == 422


async def test_blocked_account_is_listed_and_unblocked_there(start: Start) -> None:
    node, ann, visitor = await begin(start)
    bob = await node.create_member("bob")
    async with node.db.write() as tx:
        await blocks.block(tx, node.site, ann, bob)
    assert "@bob" not in (await visitor.open(PATH)).text
    page = await visitor.submit_action(f"{PATH}?show=blocked", f"/accounts/{bob.id}/unblock")
    assert page.path == f"{PATH}?show=blocked"
    assert "You unblocked this account." in page.text
    assert "@bob" not in page.text


async def test_blocked_accounts_are_paged(start: Start) -> None:
    node, ann, visitor = await begin(start)
    others = [await node.create_member(f"user{number}") for number in range(41)]
    async with node.db.write() as tx:
        for other in others:
            await blocks.block(tx, node.site, ann, other)
    first = await visitor.open(f"{PATH}?show=blocked")
    assert first.text.count("/unblock") == 40
    older = first.text.partition(f'href="{PATH}?show=blocked&amp;max_id=')[2].partition('"')[0]
    second = await visitor.open(f"{PATH}?show=blocked&max_id={older}")
    assert second.text.count("/unblock") == 1
    assert "@user0<" in second.text


async def test_server_is_muted_after_a_question_and_unmuted(start: Start) -> None:
    node, ann, visitor = await begin(start)
    show = f"{PATH}?show=domains"
    found = next(form for form in parse_forms((await visitor.open(show)).text) if "domain" in form.values)
    answer = await send_form(visitor.http, node.base, node.base + show, found, domain="Beta.test")
    assert "Mute this server?" in await answer.text()
    assert await domains(node, ann) == []
    muted = await visitor.submit_action(show, f"{PATH}/domains", domain="Beta.test")
    assert muted.path == show
    assert "You muted this server." in muted.text
    assert await domains(node, ann) == ["beta.test"]
    again = await visitor.submit_action(show, f"{PATH}/domains", domain="beta.test")
    assert again.status == 200
    unmuted = await visitor.submit_action(again, f"{PATH}/domains/remove")
    assert "You unmuted this server." in unmuted.text
    assert await domains(node, ann) == []


async def test_server_of_ones_own_or_without_a_name_is_refused(start: Start) -> None:
    node, ann, visitor = await begin(start)
    for domain, text in (("alpha.test", "This is your own server"), ("a b", "Please enter the name")):
        page = await visitor.fill_in(f"{PATH}?show=domains", "domain", domain=domain)
        assert page.status == 422, domain
        assert text in page.text
    assert await domains(node, ann) == []


async def test_guests_see_nothing(start: Start) -> None:
    node, _, _ = await begin(start)
    guest = Visitor(node)
    assert (await guest.open(PATH)).path.startswith("/login?next=")
    for path in (f"{PATH}/domains", f"{PATH}/domains/remove"):
        async with guest.http.post(path, data={"domain": "beta.test"}) as answer:
            assert answer.status == 401
