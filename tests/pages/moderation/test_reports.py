"""Reports from the menus of posts and profiles."""

from __future__ import annotations

from fedserver.domain.moderation import reports
from fedserver.domain.relationships import blocks
from storage.engine import Page
from storage.rows.accounts import AccountRow
from storage.rows.moderation import ReportRow
from tests.kit.forms import parse_forms, send_form
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor, log_in_visitor


async def begin(start: Start) -> tuple[TestNode, AccountRow, Visitor]:
    """Start a node with two rules, and a browser of Ann, who looks at Bob."""
    node = await start("alpha.test", rules=("Be kind", "No <b>spam</b>"))
    await node.create_member("ann")
    return node, await node.create_member("bob"), await log_in_visitor(node, "ann")


async def sent(node: TestNode) -> list[ReportRow]:
    async with node.db.read() as tx:
        return await reports.list_page(tx, Page(), "all")


async def test_post_is_reported_with_the_rule_it_breaks(start: Start) -> None:
    node, bob, visitor = await begin(start)
    post_id = await node.publish(bob, "Rude words")
    path = f"/accounts/{bob.id}/report"
    link = f"{path}?next=/local&post={post_id}"
    assert link.replace("&", "&amp;") in (await visitor.open("/local")).text.replace("&post", "&amp;post")
    shown = await visitor.open(link)
    assert "Rude words" in shown.text
    assert "No &lt;b&gt;spam&lt;/b&gt;" in shown.text
    form = next(form for form in parse_forms(shown.text) if form.action == path)
    del form.values["rules[]"]
    answer = await send_form(
        visitor.http, node.base, node.base + link, form, category="violation", comment="Look"
    )
    assert answer.status == 422
    refused = await answer.text()
    assert "Rules: Please fill in this field." in refused
    assert ">Look</textarea>" in refused, "nothing is lost"
    values = {"category": "violation", "rules[]": "2", "comment": "One\r\ntwo"}
    for _ in range(2):
        done = await visitor.submit_action(shown, path, **values)
        assert done.path == "/local"
        assert "The moderators have your report." in done.text
    [row] = await sent(node)
    assert reports.post_ids(row) == (post_id,)
    assert reports.rule_ids(row) == (2,)
    assert (row.category, row.target_id) == ("violation", bob.id)
    await visitor.submit_action(shown, path, **{**values, "comment": "More"})
    assert len(await sent(node)) == 2


async def test_profile_is_reported(start: Start) -> None:
    node, bob, visitor = await begin(start)
    path = f"/accounts/{bob.id}/report"
    assert path in (await visitor.open("/@bob")).text
    page = await visitor.submit_action(path, path, category="spam")
    assert page.path == "/@bob"
    [row] = await sent(node)
    assert (row.category, row.post_ids, row.forwarded) == ("spam", "[]", False)


async def test_report_that_is_not_possible_is_refused(start: Start) -> None:
    node, bob, visitor = await begin(start)
    eve = await node.create_member("eve")
    theirs = await node.publish(eve, "Not by Bob")
    secret = await node.publish(bob, "Secret", visibility="followers")
    path = f"/accounts/{bob.id}/report"
    for post_id in (theirs, secret, 5):
        page = await visitor.open(f"{path}?post={post_id}")
        assert page.status == 404
        page = await visitor.submit_action(path, path, category="spam", post=str(post_id))
        assert page.status == 404
    for category, rule, comment in (("x", "1", ""), ("violation", "9", ""), ("spam", "1", "x" * 2_000)):
        page = await visitor.submit_action(
            path, path, category=category, comment=comment, **{"rules[]": rule}
        )
        assert page.status == 422
    assert await sent(node) == []
    guest = Visitor(node)
    assert (await guest.open(path)).path.startswith("/login?next=")
    async with guest.http.post(path, data={"category": "spam"}) as answer:
        assert answer.status == 401


async def test_account_that_blocked_one_can_be_reported(start: Start) -> None:
    node, bob, _ = await begin(start)
    ann = await node.create_member("amy")
    async with node.db.write() as tx:
        await blocks.block(tx, node.site, bob, ann)
    amy = await log_in_visitor(node, "amy")
    path = f"/accounts/{bob.id}/report"
    page = await amy.submit_action(path, path, category="other")
    assert page.status == 200
    assert [row.account_id for row in await sent(node)] == [ann.id]
