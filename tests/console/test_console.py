"""The console by real HTTP and without JavaScript: who gets in, and that its forms do what they say."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from fedserver.domain.auth import invitations
from fedserver.domain.kernel import jobs
from fedserver.domain.moderation import moderation_targets, report_filing
from fedserver.domain.notifications import announcements
from fedserver.domain.peers import peers
from fedserver.domain.relationships import follows
from fedserver.jobs.registry import DEFAULT, KINDS_BY_QUEUE
from fedserver.node import list_endpoints
from storage.engine import ReadTx
from storage.queries.kernel import inbox as inbox_queries
from storage.queries.kernel import jobs as job_queries
from storage.rows.accounts import AccountRow
from storage.rows.kernel import InboxItemRow, JobRow
from tests.kit.forms import HtmlForm, parse_forms, send_form
from tests.kit.metrics import read_value
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.peers import StubPeers
from tests.kit.people import create_remote_account
from tests.kit.tls import LoopbackResolver

PAGES = (
    "",
    "/sign-ups",
    "/reports",
    "/appeals",
    "/accounts",
    "/peers",
    "/peer-lists",
    "/partners",
    "/relays",
    "/invitations",
    "/announcements",
    "/emojis",
    "/queue",
    "/log",
    "/members",
    "/roles",
    "/health",
    "/storage",
    "/ip-blocks",
    "/email-blocks",
    "/trends",
    "/trends?kind=posts",
    "/trends?kind=links",
    "/trends?kind=publishers",
)


async def log_in(node: TestNode, name: str) -> None:
    node.http.cookie_jar.clear()
    form = {"username": name, "password": PASSWORD}
    async with node.http.post("/login", data=form, allow_redirects=False) as answer:
        assert answer.status == 303


async def read(node: TestNode, path: str, status: int = 200) -> str:
    async with node.http.get(path, headers={"Accept": "text/html"}) as answer:
        assert answer.status == status, (path, answer.status, await answer.text())
        return await answer.text()


def form_to(page: str, action: str) -> HtmlForm:
    return next(each for each in parse_forms(page) if each.action == action)


async def submit(node: TestNode, path: str, action: str, **values: str) -> str:
    """Send the form of a page that leads to `action`; where it leads to."""
    page = await read(node, path)
    form = form_to(page, action)
    answer = await send_form(node.http, node.base, node.base + path, form, **values)
    if "ask" in form.values and answer.status == 200:
        form = form_to(await answer.text(), action)
        answer = await send_form(node.http, node.base, node.base + path, form)
    assert answer.status == 303, (answer.status, await answer.text())
    return answer.headers["Location"]


async def begin(start: Start, **config: Any) -> tuple[TestNode, AccountRow, AccountRow]:
    node = await start("alpha.test", **config)
    await node.create_member("mod", "moderator")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    await log_in(node, "mod")
    return node, ann, bob


async def test_console_for_members_and_guests_is_refused(start: Start) -> None:
    node, _, _ = await begin(start)
    assert 'href="/admin"' in await read(node, "/home")
    await log_in(node, "ann")
    assert 'href="/admin"' not in await read(node, "/home")
    stranger_sees = []
    for endpoint in list_endpoints():
        if endpoint.surface != "console":
            continue
        path = re.sub(r"\{[^}]*\}", "1", endpoint.path)
        async with node.http.request(endpoint.method, path, allow_redirects=False) as answer:
            assert answer.status == 403, path
        stranger_sees.append((endpoint.method, path))
    node.http.cookie_jar.clear()
    for method, path in stranger_sees:
        async with node.http.request(method, path, allow_redirects=False) as answer:
            wanted = 303 if method == "GET" else 401
            assert answer.status == wanted, path
    assert len(stranger_sees) >= 24


async def test_console_pages_allow_no_inline_script(start: Start) -> None:
    node, _, _ = await begin(start)
    for page in PAGES:
        async with node.http.get(f"/admin{page}") as answer:
            assert answer.status == 200, page
            assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
            text = await answer.text()
        assert "<h1>" in text
        assert "<script>" not in text
        assert " style=" not in text
        assert "onclick" not in text


async def test_console_forms_without_csrf_token_are_refused(start: Start) -> None:
    node, ann, _ = await begin(start)
    target = f"/admin/accounts/{ann.id}/act"
    for csrf, headers in (("wrong", {}), ("", {}), (None, {"Sec-Fetch-Site": "cross-site"})):
        page = form_to(await read(node, f"/admin/accounts/{ann.id}"), target)
        values = {**page.values, "kind": "suspend", **({"csrf": csrf} if csrf is not None else {})}
        async with node.http.post(target, data=values, headers=headers, allow_redirects=False) as answer:
            assert answer.status == 403
    async with node.db.read() as tx:
        assert (await moderation_targets.get_target(tx, None, ann.id))[0].suspended_at is None


async def test_sign_ups_are_approved_or_rejected(start: Start) -> None:
    node, _, _ = await begin(start, registration="approval")
    for name in ("eve", "fay"):
        values = {
            "username": name,
            "email": f"{name}@mail.test",
            "password": PASSWORD,
            "reason": f"{name} <b>",
        }
        async with node.http.post("/signup", data=values) as answer:
            assert answer.status == 200
    await log_in(node, "mod")
    page = await read(node, "/admin/sign-ups")
    assert "eve &lt;b&gt;" in page
    assert "fay@mail.test" in page
    approve = next(each.action for each in parse_forms(page) if each.action.endswith("/approve"))
    assert await submit(node, "/admin/sign-ups", approve) == "/admin/sign-ups"
    page = await read(node, "/admin/sign-ups")
    reject = next(each.action for each in parse_forms(page) if each.action.endswith("/reject"))
    await submit(node, "/admin/sign-ups", reject, reason="no <i>")
    assert "There are no sign-ups to review" in await read(node, "/admin/sign-ups")
    log = await read(node, "/admin/log")
    assert "Sign-up declined" in log
    assert "no &lt;i&gt;" in log
    assert "<strong>mod</strong>" in log


async def test_report_is_shown_and_acted_on(start: Start) -> None:
    node, ann, bob = await begin(start, rules=("Be kind", "No spam"))
    post_id = await node.publish(bob, "only for @ann <script>", visibility="direct")
    async with node.db.write() as tx:
        wanted = report_filing.NewReport(
            target_id=bob.id, post_ids=[post_id], comment="rude <b>", rule_ids=[1]
        )
        row = await report_filing.file(tx, node.site, ann, wanted)
    path = f"/admin/reports/{row.id}"
    assert "rude &lt;b&gt;" in await read(node, "/admin/reports")
    page = await read(node, path)
    assert "Be kind" in page
    assert "only for" in page
    assert "&lt;script&gt;" in page
    await submit(node, path, f"{path}/assign")
    await submit(node, path, f"{path}/unassign")
    classify = form_to(await read(node, path), f"{path}/classify")
    values = {**classify.values, "category": "violation", "rule_ids[]": "2"}
    async with node.http.post(classify.action, data=values, allow_redirects=False) as answer:
        assert answer.status == 303
    act = f"/admin/accounts/{bob.id}/act"
    assert await submit(node, path, act, kind="silence", text="Calm down", days="3") == "/admin/reports"
    assert "There are no open reports" in await read(node, "/admin/reports")
    assert "rude" in await read(node, "/admin/reports?state=resolved")
    await submit(node, path, f"{path}/reopen")
    await submit(node, path, f"{path}/resolve")
    account = await read(node, f"/admin/accounts/{bob.id}")
    assert "Calm down" in account
    assert "Account limited" in account
    assert "Until " in account
    await submit(node, f"/admin/accounts/{bob.id}", f"/admin/accounts/{bob.id}/lift/silence")
    async with node.db.read() as tx:
        assert (await moderation_targets.get_target(tx, None, bob.id))[0].silenced_at is None
    async with node.http.get("/admin/reports/1") as answer:
        assert answer.status == 404
    account = f"/admin/accounts/{bob.id}"
    await submit(node, account, f"{account}/notes", text="Second time <b>")
    page = await read(node, account)
    assert "Second time &lt;b&gt;" in page
    assert "mod · " in page
    delete = next(each.action for each in parse_forms(page) if each.action.startswith(f"{account}/notes/"))
    assert await submit(node, account, delete) == account
    assert "Second time" not in await read(node, account)
    values = {name: value for name, value in form_to(page, delete).values.items() if name != "ask"}
    async with node.http.post(delete, data=values) as answer:
        assert answer.status == 404


async def test_account_search_finds_names_domains_and_addresses(start: Start) -> None:
    node, _, _ = await begin(start)
    async with node.db.write() as tx:
        await create_remote_account(tx, "fay")
    for query, found, missing in (
        ("q=ann", "@ann", "@bob"),
        ("q=@beta.test", "@fay@beta.test", "@ann"),
        ("q=fay@beta.test", "@fay@beta.test", "@ann"),
        ("q=bob@mail.test", "@bob", "@ann"),
        ("origin=local", "@ann", "fay"),
        ("status=silenced", "No accounts match", "@ann"),
    ):
        page = (await read(node, f"/admin/accounts?{query}")).partition("<main")[2]
        assert found in page, query
        assert missing not in page, query
    await read(node, "/admin/accounts?status=odd", status=422)


async def test_purge_by_a_moderator_is_refused(start: Start) -> None:
    node, ann, _ = await begin(start)
    await node.create_member("ada", "admin")
    path = f"/admin/accounts/{ann.id}"
    await submit(node, path, f"{path}/act", kind="suspend")
    assert "Delete permanently" not in await read(node, path)
    await log_in(node, "ada")
    page = form_to(await read(node, path), f"{path}/delete")
    values = {name: value for name, value in page.values.items() if name != "sure"}
    async with node.http.post(page.action, data=values, allow_redirects=False) as answer:
        assert answer.status == 422, "without being sure"
    async with node.http.post(page.action, data={**values, "sure": "1"}, allow_redirects=False) as answer:
        assert answer.status == 303
    page = await read(node, path)
    assert "Account deleted permanently" in page
    assert f"{path}/act" not in page


async def test_peer_decisions_are_stored_and_reset(start: Start) -> None:
    node, _, _ = await begin(start)
    async with node.db.write() as tx:
        await peers.ensure(tx, "quiet.test")
    page = await read(node, "/admin/peers?domain=quiet.test")
    assert 'value="quiet.test"' in page
    where = await submit(
        node, "/admin/peers", "/admin/peers", domain="bad.test", policy="block", public_comment="Spam <b>"
    )
    assert where == "/admin/peers"
    page = await read(node, "/admin/peers")
    assert "bad.test" in page
    assert "Blocked" in page
    assert "Spam &lt;b&gt;" in page
    assert not node.node.services.policies.allows("bad.test")
    await submit(node, "/admin/peers", "/admin/peers/reset", domain="bad.test")
    assert "Blocked</span>" not in await read(node, "/admin/peers")
    form = form_to(page, "/admin/peers")
    answer = await send_form(node.http, node.base, node.base, form, domain="no host", policy="limit")
    assert answer.status == 422
    assert "Please enter a domain" in await answer.text()


async def test_invitations_and_announcements_are_managed(start: Start) -> None:
    node, ann, _ = await begin(start)
    member = await node.load_member(ann)
    async with node.db.write() as tx:
        made = await invitations.create(tx, member, note="for Eve")
    page = await read(node, "/admin/invitations")
    assert "for Eve" in page
    assert "ann · Uses: 0 of 1" in page
    await submit(node, "/admin/invitations", f"/admin/invitations/{made.row.id}/revoke")
    async with node.db.read() as tx:
        assert await invitations.find_valid(tx, made.code) is None

    await submit(node, "/admin/announcements", "/admin/announcements", text="We move <b>soon</b>")
    async with node.db.read() as tx:
        [row] = [view.row for view in await announcements.list_all(tx, node.site)]
    assert row.published_at is not None
    assert row.source == "We move <b>soon</b>"
    edit = f"/admin/announcements/{row.id}"
    await submit(node, f"/admin/announcements?edit={row.id}", edit, text="We moved")
    assert "We moved" in await read(node, "/admin/announcements")
    await submit(node, "/admin/announcements", f"{edit}/delete")
    assert "There are no announcements" in await read(node, "/admin/announcements")


async def test_queue_page_shows_pending_jobs_and_dead_letters(start: Start) -> None:
    node, _, _ = await begin(start)
    assert "Everything is working" in await read(node, "/admin/queue")
    async with node.db.write() as tx:
        await jobs.enqueue(tx, jobs.RefreshAccount("https://nowhere.test/users/x"))
        await jobs.enqueue(tx, jobs.ExpireModerationAction(1, 1), run_at=tx.now + 86_400_000)
    page = await read(node, "/admin/queue")
    assert re.search(r"<strong>2</strong> tasks waiting", page), page


async def choose(node: TestNode, action: str, **values: str) -> str:
    """Press a button of the queues' page; the page after it, and what was due was done."""
    assert await submit(node, "/admin/queue", f"/admin/queue/{action}", **values) == "/admin/queue"
    await node.settle()
    return await read(node, "/admin/queue")


async def test_unreachable_peer_retried_by_hand_gets_pending_deliveries(
    start: Start, names: LoopbackResolver
) -> None:
    node, ann, _ = await begin(start)
    async with node.db.write() as tx:
        fan = await create_remote_account(tx, "fan", "late.test")
        await follows.receive(tx, fan, ann, f"{fan.uri}#follow")
    for text in ("one", "two"):
        await node.publish(ann, text)
    for _ in range(8):
        await node.settle()
        node.clock.forward(days=1)
    page = await read(node, "/admin/queue")
    assert "late.test</a> · 3 deliveries waiting" in page
    assert "failed permanently" not in page
    for path in ("/admin/peers", "/admin/peers?domain=late.test"):
        assert "Not responding" in (shown := await read(node, path))
        assert "3 deliveries waiting" in shown
    async with StubPeers(names, "late.test") as late:
        assert "Everything is working" in await choose(node, "ask", host="late.test")
        texts = [each["object"].get("content") for each in late.received]
        assert [each["type"] for each in late.received] == ["Accept", "Create", "Create"]
        assert texts[1:] == ["<p>one</p>", "<p>two</p>"]

    # What is never taken expires and says so; it can be tried once more, or dropped.
    three = await node.publish(ann, "three")
    await node.settle()
    node.clock.forward(days=15)
    await node.settle()
    page = await read(node, "/admin/queue")
    assert "expired; late.test" in page
    assert f"Create {ann.uri}/statuses/{three}" in page, page
    deliveries = node.node.services.metrics.deliveries
    given_up = read_value(deliveries, "given_up")
    assert "1 failed permanently" in await choose(node, "again", queue="deliveries", host="late.test")
    assert read_value(deliveries, "given_up") == given_up + 1
    assert "failed permanently" not in await choose(node, "drop", queue="deliveries", host="late.test")

    # A task and an activity that failed too often.
    body = msgspec.json.encode({"type": "Like", "object": "https://alpha.test/1"})
    async with node.db.write() as tx:
        await jobs.enqueue(tx, jobs.ExpireModerationAction(1, 1), run_at=tx.now + 86_400_000)
        (task,) = await job_queries.lease(
            tx, until=0, limit=1, kinds=KINDS_BY_QUEUE[DEFAULT]
        ) or await _later(tx)
        await job_queries.dead_letter(tx, task.id, "no such act")
        row = InboxItemRow(7, fan.uri, "x", fan.uri, "late.test", None, body, 1, 1, 0, 8, None, "")
        assert await inbox_queries.insert(tx, row)
        await inbox_queries.dead_letter(tx, row.id, "odd")
    page = await read(node, "/admin/queue")
    assert "lift_act" in page
    assert "Like https://alpha.test/1" in page
    assert "odd" in page
    assert "odd" not in await choose(node, "again", queue="inbox", host="late.test")
    assert "lift_act" not in await choose(node, "drop", queue="tasks", host="", task_id=str(task.id))


async def _later(tx: ReadTx) -> list[JobRow]:
    tx.now += 86_400_000
    return await job_queries.lease(tx, until=0, limit=1, kinds=KINDS_BY_QUEUE[DEFAULT])


@pytest.mark.parametrize("path", ["/admin/accounts/1", "/admin/reports/x", "/admin/nothing"])
async def test_console_paths_that_do_not_exist_answer_404(start: Start, path: str) -> None:
    node, _, _ = await begin(start)
    await read(node, path, status=404)
