"""Invitations of a member: the link with its QR code, its limits, and what the one who is invited sees."""

from __future__ import annotations

import re

from tests.kit.nodes import PASSWORD, Start
from tests.kit.visitors import Visitor, log_in_visitor

PATH = "/settings/invitations"


async def test_way_from_an_invitation_to_the_first_page_takes_two_acts(start: Start) -> None:
    node = await start("alpha.test", registration="invite", rules=("Be kind.",))
    await node.create_member("bob", "owner")
    bob = await log_in_visitor(node, "bob")
    page = await bob.fill_in(PATH, "uses", uses="2", days="7", note="For the choir")
    link = re.search(r'value="https://alpha\.test(/invite/[^"]+)"', page.text)
    assert link is not None
    assert "<svg" in page.text.partition('class="qr"')[2]
    assert "For the choir" in page.text
    assert f'data-copy="https://alpha.test{link[1]}"' in page.text

    guest = Visitor(node)
    joining = await guest.open(link[1])  # the first act: open the link
    assert all(
        text in joining.text for text in ("Node alpha.test", "You are invited by:", "@bob", "Be kind.")
    )
    refused = await guest.fill_in(joining, "username", username="no spaces", email="a@b.test", password="x")
    assert refused.status == 422
    assert 'id="password-problem"' in refused.text
    assert all(text in refused.text for text in ('value="no spaces"', 'value="a@b.test"', "@bob"))
    first = await guest.fill_in(  # the second: send the form
        joining, "username", username="ann", email="ann@mail.test", password=PASSWORD
    )
    assert first.path == "/welcome/profile"
    assert "Used 1 of 2 times" in (await bob.open(PATH)).text


async def test_invitation_that_is_over_says_so(start: Start) -> None:
    node = await start("alpha.test", registration="invite")
    await node.create_member("bob", "owner")
    bob = await log_in_visitor(node, "bob")
    page = await bob.fill_in(PATH, "uses", uses="1", days="1")
    link = page.text.partition('data-copy="https://alpha.test')[2].partition('"')[0]
    action = page.text.partition(f'action="{PATH}/')[2].partition('"')[0]
    page = await bob.submit_action(page, f"{PATH}/{action}")
    assert "The invitation is revoked." in page.text
    joining = await Visitor(node).open(link)
    assert joining.status == 410
    assert "no longer valid" in joining.text
    assert 'name="username"' not in joining.text


async def test_wrong_number_is_said_at_its_field_and_the_rest_is_kept(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("bob")
    bob = await log_in_visitor(node, "bob")
    for uses, note in (("0", "x"), ("many", "Choir"), ("1", "n" * 200)):
        page = await bob.fill_in(PATH, "uses", uses=uses, days="7", note=note)
        assert page.status == 422, uses
        assert 'class="field-problem"' in page.text
        assert f'value="{note}"' in page.text
        assert "/invite/" not in page.text
    page = await bob.fill_in(PATH, "uses", uses="99", days="7")
    assert page.status == 422
    assert "that many invitations" in page.text
