"""Guests act from their own server, which is found by WebFinger or by its name."""

from __future__ import annotations

from urllib.parse import quote

from tests.kit.nodes import Start
from tests.kit.visitors import Visitor, log_in_visitor


async def test_guest_is_led_to_the_address_that_their_server_names(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann = await alpha.create_member("ann")
    await beta.create_member("bob")
    post_id = await alpha.publish(ann, "Hello")
    address = f"{alpha.base}/@ann/{post_id}"
    guest = Visitor(alpha)
    link = f"/remote_interaction?uri={quote(address, safe='')}&amp;act=reply"
    assert link.replace("%2F", "/") in (await guest.open("/local")).text.replace("%2F", "/")
    shown = await guest.open(f"/remote_interaction?uri={quote(address)}&act=reply")
    assert "Reply to this post" in shown.text
    target = f"https://beta.test/authorize_interaction?uri={quote(address, safe='')}"
    for handle in ("@bob@beta.test", "bob@beta.test", "beta.test", "https://beta.test/"):
        page = await guest.fill_in(shown, "handle", handle=handle)
        assert page.status == 200
        assert f'href="{target}"' in page.text
    member = await log_in_visitor(alpha, "ann")
    asked = f"/remote_interaction?uri={quote(address)}&act="
    assert (await member.open(asked + "like")).path == f"/@ann/{post_id}"
    assert (await member.open(asked + "reply")).path == f"/write?reply_to={post_id}"


async def test_wrong_handle_is_refused_at_its_field(start: Start) -> None:
    alpha, _ = await start("alpha.test"), await start("beta.test")
    await alpha.create_member("ann")
    guest = Visitor(alpha)
    shown = await guest.open(f"/remote_interaction?uri={quote(alpha.base)}/@ann&act=follow")
    for handle, words in (
        ("", "Please write your handle"),
        ("bob", "Please write your handle"),
        ("@", "Please write your handle"),
        ("a b@c d", "Please write your handle"),
        ("@ann@alpha.test", "You are on this server already."),
        ("@nobody@beta.test", "beta.test did not find this handle."),
        ("@x@gone.test", "gone.test did not find this handle."),
    ):
        page = await guest.fill_in(shown, "handle", handle=handle)
        assert page.status == 422, handle
        assert words in page.text, handle
        assert 'aria-invalid="true" aria-describedby="handle-problem"' in page.text
        assert f'name="handle" value="{handle}"' in page.text
    secret = await guest.open("/remote_interaction?uri=https://other.test/x")
    assert secret.status == 404


async def test_post_that_a_guest_may_not_see_is_not_shown(start: Start) -> None:
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    post_id = await alpha.publish(ann, "Secret", visibility="local")
    page = await Visitor(alpha).open(f"/remote_interaction?uri={alpha.base}/@ann/{post_id}")
    assert page.status == 404
    assert "Secret" not in page.text
