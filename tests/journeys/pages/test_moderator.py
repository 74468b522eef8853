"""A day of a moderator: a report with its evidence, a decision, an appeal, a block, and the log."""

from __future__ import annotations

import pytest

from tests.journeys.pages.conftest import OpenBrowser
from tests.kit.journeys import Person, log_in
from tests.kit.nodes import Start, TestNode

pytestmark = pytest.mark.asyncio(loop_scope="session")
INSULT = "Only fools grow tomatoes."
RULE = "Be kind."


async def begin_community(start: Start) -> TestNode:
    """Start a node with an owner, a moderator and two members, one of whom wrote an insult."""
    node = await start("localhost", rules=(RULE, "No advertising."))
    await node.create_member("ann", "owner")
    await node.create_member("mo", "moderator")
    await node.create_member("cleo")
    dora = await node.create_member("dora")
    await node.publish(dora, INSULT)
    await node.settle()
    return node


async def test_report_leads_to_a_decision_an_appeal_and_entries_in_the_log(
    start: Start, open_browser: OpenBrowser, script: bool
) -> None:
    node = await begin_community(start)
    cleo, mo, dora, ann = [await open_browser(node.base) for _ in range(4)]
    await log_in(cleo, "cleo")
    await report(cleo)
    cleo.check_effort("A member reports a post with the rule that it breaks", script)
    await log_in(mo, "mo")
    await limit_account(mo)
    await node.settle()
    mo.end_stage("The moderator reads the report with its evidence, and limits the account")
    await log_in(dora, "dora")
    await appeal(dora)
    dora.check_effort("The reported member reads the decision, and appeals", script)
    await log_in(ann, "ann")
    await approve_appeal(ann)
    await node.settle()
    ann.check_effort("Another moderator decides the appeal", script)
    await dora.open("/settings/decisions")
    await dora.see("Approved", "You are right, it was a joke.", "This decision is no longer in effect.")
    await block_server(mo)
    mo.end_stage("The moderator blocks another server")
    await read_log(mo)
    mo.end_stage("The moderator reads the public log")
    mo.check_effort("The moderator, in all", script)


async def report(cleo: Person) -> None:
    await cleo.press("Community")
    await cleo.press("More about the post by dora")
    await cleo.press("Report this post")
    await cleo.see(INSULT)
    await cleo.tick("It breaks a rule of this community")
    await cleo.tick(RULE)
    await cleo.fill("What the moderators should know", "My tomatoes are fine.")
    await cleo.press("Send report")
    await cleo.see("Thank you. The moderators have your report.", INSULT)


async def limit_account(mo: Person) -> None:
    await mo.press("Moderation")
    await mo.see("1 open report")
    await mo.press("Read reports")
    await mo.see("My tomatoes are fine.")
    await mo.press("View report")
    await mo.see(INSULT, RULE, "Reported as broken", "@cleo", "My tomatoes are fine.")
    await mo.choose("Action", "Limit: only followers see its posts", beside="Take action on the account")
    await mo.fill("Message to the member and for the log", "No insults.", beside="Take action on the account")
    await mo.press("Apply", beside="Take action on the account")
    await mo.see("The decision is in effect, and the report is closed.", "There are no open reports.")


async def appeal(dora: Person) -> None:
    await dora.press("Notifications")
    await dora.see("The moderators made a decision about your account")
    await dora.press("Read more or appeal")
    await dora.see("No insults.", INSULT, RULE, "In effect until further notice.")
    await dora.fill("Why do you disagree? You can appeal once.", "It was a joke among friends.")
    await dora.press("Submit appeal")
    await dora.see("The moderators will review the decision.", "Waiting for the moderators")


async def approve_appeal(ann: Person) -> None:
    await ann.press("Moderation")
    await ann.see("1 open appeal")
    await ann.press("Decide appeals")
    await ann.see("It was a joke among friends.", "No insults.")
    await ann.fill("Answer to the member and for the log", "You are right, it was a joke.")
    await ann.press("Approve")
    await ann.see("The appeal is approved, and the decision is withdrawn.")


async def block_server(mo: Person) -> None:
    await mo.press("Moderation")
    await mo.press("Federation")
    await mo.fill("Domain, including its subdomains", "spam.test")
    await mo.choose("Decision", "Block: no traffic, end all follow relationships")
    await mo.fill("Public reason", "Nothing but advertising.")
    await mo.press("Save decision")
    await mo.press("Yes")
    await mo.see("The decision about this server is in effect.", "spam.test", "Nothing but advertising.")


async def read_log(mo: Person) -> None:
    await mo.press("Moderation log")
    await mo.see("Account limited", "Appeal approved", "Peer blocked", "No insults.")
