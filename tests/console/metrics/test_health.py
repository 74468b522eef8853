"""Health and the overview: what needs doing is said, checks run when asked, backups are noted."""

from __future__ import annotations

from fedserver.domain.metrics import backups, health
from fedserver.domain.peers import peers
from fedserver.runtime.checks import registry
from storage.queries.peers import peers as peer_queries
from tests.kit.nodes import Start
from tests.kit.visitors import log_in_visitor


async def test_overview_says_what_needs_doing_and_when_nothing_does(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("mod", "moderator")
    visitor = await log_in_visitor(node, "mod")
    page = (await visitor.open("/admin")).text
    assert "There is no backup yet" in page
    assert 'href="/admin/health"' in page
    async with node.db.write() as tx:
        await backups.record_made(tx, "/srv/backup", 1_000_000)
    page = (await visitor.open("/admin")).text
    assert "backup" not in page.partition("Figures")[0]
    async with node.db.write() as tx:
        await peers.ensure(tx, "quiet.test")
        await peer_queries.mark_failed(tx, "quiet.test", 9, tx.now, tx.now)
        await health.store_results(tx, [health.CheckResult("clock", "It is wrong.")])
    node.clock.forward(days=8)
    visitor = await log_in_visitor(node, "mod")
    page = (await visitor.open("/admin")).text
    for text, path in (
        ("The last backup is more than a week old", "/admin/health"),
        ("peer has not responded for days", "/admin/peers?state=silent"),
        ("problem found by the last checks", "/admin/health"),
    ):
        assert text in page
        assert f'href="{path}"' in page


async def test_overview_tells_admins_only_what_a_new_community_has_not_got_yet(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann", "owner")
    await node.create_member("mod", "moderator")
    owner = (await (await log_in_visitor(node, "ann")).open("/admin")).text
    assert "Make it yours" in owner
    assert "There are no rules yet" in owner
    assert "has no name of its own" not in owner, "the configuration names the node"
    assert "You are the only member" not in owner
    moderator = (await (await log_in_visitor(node, "mod")).open("/admin")).text
    assert "Make it yours" not in moderator


async def test_checks_run_when_asked_for_and_their_problems_are_shown(start: Start) -> None:
    node = await start("localhost")
    await node.create_member("mod", "moderator")
    visitor = await log_in_visitor(node, "mod")
    assert "Nobody has run the checks" in (await visitor.open("/admin/health")).text
    for _ in range(2):  # asked for twice, it runs once
        page = await visitor.submit_action("/admin/health", "/admin/health")
        assert "take about a minute" in page.text
    await node.settle()
    async with node.db.read() as tx:
        report = await health.load(tx)
    assert [result.name for result in report.results] == list(registry.list_labels())
    problems = {result.name: result.problem for result in report.results}
    assert problems["database"] == ""
    assert problems["folders"] == ""
    page = await visitor.open("/admin/health")
    assert "take about a minute" not in page.text
    assert page.text.count(">Problem<") == report.problem_count
    for label in registry.list_labels().values():
        assert str(label) in page.text
