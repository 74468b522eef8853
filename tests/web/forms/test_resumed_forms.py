"""A form that is sent when the session is over: nothing of it is lost, and nothing is done by itself."""

from __future__ import annotations

import html

import aiohttp

from tests.kit.forms import read_fields
from tests.kit.nodes import Start
from tests.kit.visitors import VisitedPage, Visitor, log_in_visitor

TEXT = 'A "long" <thought>'


async def send(visitor: Visitor, page: VisitedPage, site: str = "same-origin", **changes: str) -> VisitedPage:
    """Send the form of a post as a browser does."""
    body = aiohttp.FormData(quote_fields=False)
    for name, value in read_fields(page.text, "/write"):
        body.add_field(name, changes.get(name, value), content_type="text/plain")
    body.add_field("files[]", b"x" * 3_000, filename="x.png", content_type="image/png")
    headers = {"Sec-Fetch-Site": site}
    async with visitor.http.post("/write", data=body, headers=headers, allow_redirects=False) as answer:
        return VisitedPage(answer.status, "/write", await answer.text())


async def test_text_of_a_session_that_is_over_is_sent_after_the_next_login(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    form = await visitor.open("/write")
    visitor.http.cookie_jar.clear()
    page = await send(visitor, form, text=TEXT, summary="Kept warning")
    assert page.status == 401
    assert TEXT in html.unescape(page.text)
    still = await visitor.submit_action(page, "/resume")  # too early: the same page again
    assert still.status == 401
    await visitor.log_in("ann")
    asked = await visitor.submit_action(still, "/resume")
    assert "Send what you wrote?" in asked.text
    assert dict(read_fields(asked.text, "/write"))["text"] == TEXT
    sent = await visitor.submit_action(asked, "/write")
    assert sent.path.startswith("/@ann/")
    assert "Kept warning" in sent.text


async def test_form_of_a_former_session_asks_once_more(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    form = await visitor.open("/write")
    visitor.http.cookie_jar.clear()
    await visitor.log_in("ann")
    page = await send(visitor, form, text=TEXT)
    assert page.status == 403
    asked = await visitor.submit_action(page, "/resume")
    assert (await visitor.submit_action(asked, "/write")).path.startswith("/@ann/")


async def test_forms_of_other_sites_and_passwords_are_not_shown_again(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    form = await visitor.open("/write")
    for site in ("cross-site", "same-site", "none"):
        page = await send(visitor, form, site, csrf="wrong", text=TEXT)
        assert page.status == 403
        assert "thought" not in page.text
    visitor.http.cookie_jar.clear()
    values = {"password": "a thought", "new_password": "a thought"}
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with visitor.http.post("/settings/password", data=values, headers=headers) as answer:
        assert answer.status == 401
        assert "thought" not in await answer.text()
