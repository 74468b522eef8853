"""Decisions about members: they read them, also when they are kept out of everything else, and appeal."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fedserver.config import MailConfig
from fedserver.domain.audit_log import audit_log, hash_chain
from fedserver.domain.auth import members
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.moderation import moderated_posts, moderation, post_moderation, report_filing
from fedserver.domain.moderation.moderation import ModerationAction
from fedserver.domain.portability import account_deletion
from fedserver.domain.posts import posts
from fedserver.jobs.registry import DEFAULT, KINDS_BY_QUEUE
from fedserver.node import list_endpoints
from storage.queries.audit_log import audited_posts as audited_post_queries
from storage.queries.kernel import jobs as job_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow
from tests.kit.api import Api
from tests.kit.mails import take_mails
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor

PAGE, QUEUE = "/settings/decisions", "/admin/appeals"


async def begin(start: Start, **config: Any) -> tuple[TestNode, AccountRow, MemberRow]:
    """Start a node with Ann and two moderators, of whom one acts."""
    node = await start("alpha.test", rules=("Be kind",), **config)
    ann = await node.create_member("ann")
    mod = await node.create_member("mod", "moderator")
    await node.create_member("mel", "moderator")
    return node, ann, await node.load_member(mod)


async def do(node: TestNode, mod: MemberRow, ann: AccountRow, kind: str, text: str, **more: Any) -> int:
    async with node.db.write() as tx:
        return (await moderation.apply(tx, node.site, mod, ann.id, ModerationAction(kind, text, **more))).id


async def mails(node: TestNode) -> list[str]:
    """Receiver and text of the mails that were queued since the last time."""
    return [f"{mail.to}\n{mail.text}" for mail in await take_mails(node.db, node.site)]


async def test_appeal_of_a_suspended_member_is_approved(start: Start) -> None:
    node, ann, mod = await begin(start, mail=MailConfig(host="mail.test", sender="us@alpha.test"))
    act_id = await do(node, mod, ann, "suspend", "Spam, as we see it", notifies_by_mail=True)
    [letter] = await mails(node)
    assert PAGE in letter
    assert "Spam, as we see it" in letter
    visitor = Visitor(node)
    page = await visitor.log_in("ann")
    assert page.path == PAGE
    assert "Spam, as we see it" in page.text
    assert "Entry 1 in the moderation log" in page.text
    assert (await visitor.fill_in(page, "text", text=" ")).status == 422
    page = await visitor.fill_in(page, "text", text="It was my <b>newsletter</b>")
    assert page.path == f"{PAGE}?done=1"
    assert "my &lt;b&gt;newsletter" in page.text
    assert "<textarea" not in page.text

    [letter] = [each for each in await mails(node) if QUEUE in each]
    assert "mel@mail.test" in letter, "she did not decide it, the other one did"

    own, other = Visitor(node), Visitor(node)
    await own.log_in("mod")
    await other.log_in("mel")
    assert "You made this decision yourself" in (await own.open(QUEUE)).text
    assert ">1</strong> open appeal" in (await other.open("/admin")).text
    queue = await other.open(QUEUE)
    assert "You made this decision yourself" not in queue.text
    assert "my &lt;b&gt;newsletter" in queue.text
    assert (await other.fill_in(queue, "answer", answer="A mistake, sorry")).path == QUEUE
    assert "A mistake, sorry" in (await other.open(f"{QUEUE}?state=decided")).text
    assert (await other.open(QUEUE)).text.count("<textarea") == 0
    [letter] = [each for each in await mails(node) if "you were right" in each]
    assert "A mistake, sorry" in letter
    assert await visitor.is_logged_in(), "the same session is good again"
    page = await visitor.open(PAGE)
    assert "Approved" in page.text
    assert "This decision is no longer in effect" in page.text
    log = await Api(node).get("/api/fedserver/v1/log")
    assert [(each["act"], each["subject"]["name"]) for each in log] == [
        ("appeal.approve", "entry 1"),
        ("account.unsuspend", ""),
        ("appeal.file", "entry 1"),
        ("account.suspend", ""),
    ]
    salt = re.search(r'<code class="hash">(.*?)</code>', page.text)
    assert salt
    assert hash_chain.compute_commitment(salt.group(1), ann.uri) == log[3]["seals"]["subject"]
    assert log[0]["undoes"] == log[1]["undoes"] == str(act_id)
    assert log[0]["reason"] == "A mistake, sorry"
    assert "newsletter" not in str(log), "what the member writes is not for everybody"
    async with node.db.write() as tx:
        await account_deletion.delete_account(tx, await members.get_by_username(tx, "ann"), ann)
        assert (await audit_log.verify(tx)).last == 4, "the appeal went with her, the log stays"


async def test_appeals_are_rejected_or_refused(start: Start) -> None:
    node, ann, mod = await begin(start)
    api, visitor, own = Api(node, await node.create_token(ann)), Visitor(node), Visitor(node)
    warned = await do(node, mod, ann, "none", "Please be kind")
    lifted = await do(node, mod, ann, "silence", "Too loud", days=2)
    async with node.db.write() as tx:
        await moderation.revoke(tx, mod, ann.id, "silence")
    await visitor.log_in("ann")
    await own.log_in("mod")
    page = await visitor.open(PAGE)
    assert page.text.count("<textarea") == 1
    assert f"{PAGE}/{lifted}/appeal" not in page.text
    page = await visitor.fill_in(page, "text", text="I was kind")
    [told] = [
        each
        for each in await api.get("/api/v1/notifications")
        if each["moderation_warning"]["id"] == str(warned)
    ]
    assert told["moderation_warning"]["appeal"] == {"text": "I was kind", "state": "pending"}
    assert "Read more or appeal" in (await visitor.open("/notifications")).text

    reject = re.search(rf'formaction="({QUEUE}/\d+/reject)"', (await own.open(QUEUE)).text)
    assert reject
    token = re.search(r'name="csrf" value="([^"]+)"', (await own.open(QUEUE)).text)
    assert token
    for values, status in (
        ({"answer": ""}, 422),
        ({"answer": "No"}, 422),
        ({"answer": "No", "sure": "1"}, 303),
        ({"answer": "Or yes", "sure": "1"}, 403),
    ):
        form = {"csrf": token.group(1), **values}
        async with own.http.post(reject.group(1), data=form, allow_redirects=False) as answer:
            assert answer.status == status, values
    page = await visitor.open(PAGE)
    assert "Rejected" in page.text
    assert '<blockquote dir="auto">No</blockquote>' in page.text
    warning = (await api.get("/api/v1/notifications"))[-1]["moderation_warning"]
    assert warning["appeal"]["state"] == "rejected"

    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
    late = await do(node, mod, ann, "sensitive", "")
    of_mel = Visitor(node)
    await of_mel.log_in("mel")
    node.clock.forward(days=21)
    assert csrf
    assert "<textarea" not in (await visitor.open(PAGE)).text
    for act_id, status in ((warned, 422), (lifted, 422), (late, 422), (1, 404)):
        form = {"csrf": csrf.group(1), "text": "Still"}
        async with visitor.http.post(f"{PAGE}/{act_id}/appeal", data=form, allow_redirects=False) as answer:
            assert answer.status == status, act_id


async def test_posts_are_deleted_or_marked_with_a_warning(start: Start) -> None:
    node, ann, mod = await begin(start)
    api, visitor, own = Api(node, await node.create_token(ann)), Visitor(node), Visitor(node)
    bad, odd, fine = [await node.publish(ann, f"a <b> post {word}") for word in ("bad", "odd", "fine")]
    bob = await node.create_member("bob")
    async with node.db.write() as tx:
        wanted = report_filing.NewReport(target_id=ann.id, post_ids=[bad, odd], rule_ids=[1])
        report = await report_filing.file(tx, node.site, bob, wanted)
    await own.log_in("mod")
    action = f"/admin/accounts/{ann.id}/posts"
    form = {"kind": "delete_statuses", "post_ids[]": str(bad), "text": "Not kind"}
    assert (await own.submit_action(f"/admin/reports/{report.id}", action, **form)).path == "/admin/reports"
    assert (await api.request("GET", f"/api/v1/statuses/{bad}")).status == 404
    async with node.db.write() as tx:
        where, order = node.site, ModerationAction("mark_statuses_as_sensitive", "Odd")
        act = await post_moderation.apply(tx, where, mod, ann.id, order, [odd])
        for wrong, ids, error in (
            (ModerationAction("suspend"), [fine], InvalidError),
            (order, [], InvalidError),
            (order, [bad], NotFoundError),
            (order, [fine, await posts.publish(tx, where, bob, posts.Draft(text="mine"))], NotFoundError),
        ):
            with pytest.raises(error):
                await post_moderation.apply(tx, where, mod, ann.id, wrong, ids)
        kinds = [
            row.kind
            for row in await job_queries.lease(tx, until=tx.now, limit=50, kinds=KINDS_BY_QUEUE[DEFAULT])
        ]
    assert {"delete_post", "update_post"} <= set(kinds), "peers get both changes"
    marked, deleted = [each["moderation_warning"] for each in await api.get("/api/v1/notifications")]
    assert (deleted["action"], deleted["status_ids"]) == ("delete_statuses", [str(bad)])
    assert (marked["action"], marked["status_ids"]) == ("mark_statuses_as_sensitive", [str(odd)])
    assert (await api.get(f"/api/v1/statuses/{odd}"))["sensitive"]

    await visitor.log_in("ann")
    page = await visitor.open(PAGE)
    assert "a &lt;b&gt; post bad" in page.text
    assert "Rule 1: Be kind" in page.text
    assert "Not kind" in page.text
    await visitor.submit_action(page, f"{PAGE}/{act.id}/appeal", text="It is a riddle")
    queue = await own.open(QUEUE)
    assert "a &lt;b&gt; post odd" in queue.text
    await own.fill_in(queue, "answer", answer="Now I see")
    assert not (await api.get(f"/api/v1/statuses/{odd}"))["sensitive"]
    account = f"/admin/accounts/{ann.id}"
    page = await own.open(account)
    assert "a <b> post fine" not in page.text
    assert "post fine" in page.text
    form = {"kind": "delete_statuses", "post_ids[]": str(fine)}
    assert (await own.submit_action(page, action, **form)).path == account
    assert (await api.request("GET", f"/api/v1/statuses/{fine}")).status == 404
    node.clock.forward(days=91)
    async with node.db.write() as tx:
        await audited_post_queries.erase_texts(tx, tx.now - moderated_posts.TEXT_TTL_MS)
        assert "post odd" not in str(await audited_post_queries.load_by_entries(tx, [act.id]))


async def test_suspended_member_sees_only_decisions(start: Start) -> None:
    """Every page and every form but those of decisions: as for a stranger, whoever they were."""
    node, ann, mod = await begin(start)
    await do(node, mod, ann, "disable", "Your password is known")
    visitor = Visitor(node)
    page = await visitor.log_in("ann")
    assert page.path == PAGE
    assert 'href="/home"' not in page.text
    assert "/settings/profile" not in page.text
    open_to = {each.path for each in list_endpoints() if each.allow_suspended}
    assert open_to == {"/login", "/logout", "/locale", PAGE, PAGE + "/{id}/appeal"}
    asked = 0
    for endpoint in list_endpoints():
        if not endpoint.html or endpoint.auth == "anyone" or endpoint.allow_suspended:
            continue
        path = re.sub(r"\{[^}]*\}", "1", endpoint.path)
        async with visitor.http.request(endpoint.method, path, allow_redirects=False) as answer:
            assert answer.status == (303 if endpoint.method == "GET" else 401), path
            assert endpoint.method != "GET" or answer.headers["Location"].startswith("/login"), path
        asked += 1
    assert asked > 60
    assert (await visitor.submit_action(PAGE, "/logout")).status == 200
    assert (await visitor.open(PAGE)).path.startswith("/login")
