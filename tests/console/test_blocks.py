"""Blocks of networks and mail addresses, and reviews of trends: the forms of the console do what they say."""

from __future__ import annotations

from fedserver.domain.timelines import trend_reviews
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor, log_in_visitor

IPS, MAILS, TRENDS = "/admin/ip-blocks", "/admin/email-blocks", "/admin/trends"


async def begin(start: Start) -> tuple[TestNode, Visitor]:
    node = await start("alpha.test")
    await node.create_member("mod", "moderator")
    return node, await log_in_visitor(node, "mod")


async def test_network_is_blocked_changed_expires_and_is_unblocked(start: Start) -> None:
    node, visitor = await begin(start)
    for wrong, text in (
        ("somewhere", "Please enter an address such as"),
        ("0.0.0.0/0", "contains every address"),
        ("127.0.0.0/8", "you would lock yourself out"),
    ):
        page = await visitor.fill_in(IPS, "ip", ip=wrong, severity="no_access", comment="Why <b>", days="7")
        assert page.status == 422
        assert text in page.text
        assert f'value="{wrong}"' in page.text
        assert 'value="Why &lt;b&gt;"' in page.text
        assert '<option value="7" selected>' in page.text
    page = await visitor.fill_in(
        IPS, "ip", ip="192.0.2.0/24", severity="sign_up_block", comment="Spam", days="7"
    )
    assert page.path == IPS
    assert "192.0.2.0/24" in page.text
    page = await visitor.fill_in(IPS, "ip", ip="192.0.2.0/24", severity="no_access")
    assert "There is a block of this address already" in page.text
    action = page.text.partition('<details><summary>Change</summary><form method="post" action="')[2]
    action = action.partition('"')[0]
    page = await visitor.submit_action(IPS, action, severity="no_access", comment="Attacks")
    assert "No access at all</span>" in page.text
    assert "Until" in page.text, "the end stays"
    assert node.node.services.ip_blocklist.is_blocked("192.0.2.9")
    node.clock.forward(days=8)
    assert not node.node.services.ip_blocklist.is_blocked("192.0.2.9")
    visitor = await log_in_visitor(node, "mod")
    page = await visitor.submit_action(IPS, f"{action}/remove")
    assert "No address is blocked" in page.text
    log = (await visitor.open("/admin/log?subject=ip")).text
    for text in ("Sign-ups from the address blocked", "Address blocked", "Address unblocked", "Attacks"):
        assert text in log


async def test_mail_domain_and_address_are_blocked_and_unblocked(start: Start) -> None:
    _, visitor = await begin(start)
    page = await visitor.fill_in(MAILS, "domain", domain="no domain", reason="Thrown away")
    assert page.status == 422
    assert 'value="Thrown away"' in page.text
    page = await visitor.fill_in(MAILS, "domain", domain="bin.test", reason="Thrown away")
    assert "bin.test" in page.text
    page = await visitor.fill_in(MAILS, "email", email="eve@mail.test", reason="Asked us")
    assert "eve@mail.test" not in page.text, "the address itself is not stored"
    page = await visitor.fill_in(MAILS, "email", email="e.v.e+x@mail.test")
    assert page.status == 422
    assert "This address is blocked already" in page.text
    page = await visitor.open(MAILS)
    for form in [part.partition('"')[0] for part in page.text.split('action="')[1:]]:
        if form.endswith("/remove"):
            page = await visitor.submit_action(MAILS, form)
    assert "No domain is blocked" in page.text
    assert "No single address is blocked" in page.text
    log = (await visitor.open("/admin/log")).text
    for text in ("Thrown away", "Asked us", "Email domain unblocked", "Email address unblocked"):
        assert text in log


async def test_trends_are_approved_and_refused(start: Start) -> None:
    node, visitor = await begin(start)
    ann = await node.create_member("ann")
    await node.publish(ann, "A #Lamp for everyone")
    page = await visitor.open(TRENDS)
    assert "#Lamp" in page.text
    assert "Not reviewed" in page.text
    page = await visitor.submit_action(page, f"{TRENDS}/refuse")
    assert 'class="state bad">Refused' in page.text
    assert f"{TRENDS}/refuse" not in page.text
    page = await visitor.submit_action(page, f"{TRENDS}/approve")
    assert "May trend</span>" in page.text
    async with node.db.read() as tx:
        rows = await trend_reviews.list_tags(tx, 10, 0)
    assert [(row.display, row.trendable) for row in rows] == [("Lamp", True)]
    for kind in ("posts", "links", "publishers"):
        assert "notice" in (await visitor.open(f"{TRENDS}?kind={kind}")).text
