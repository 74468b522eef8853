"""Reports with their evidence and history: a post that was edited since is shown as it was reported."""

from __future__ import annotations

from fedserver.domain.moderation import moderation_notes, report_filing
from fedserver.domain.posts import edits
from storage.rows.accounts import AccountRow
from storage.rows.moderation import ReportRow
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import log_in_visitor


async def file(node: TestNode, by: AccountRow, target: AccountRow, **values: object) -> ReportRow:
    async with node.db.write() as tx:
        report = report_filing.NewReport(target_id=target.id, **values)  # type: ignore[arg-type]
        return await report_filing.file(tx, node.site, by, report)


async def edit(node: TestNode, author: AccountRow, post_id: int, text: str) -> None:
    node.clock.forward(seconds=60)
    async with node.db.write() as tx:
        await edits.edit(tx, node.site, author, post_id, edits.PostEdit(text=text))


async def test_report_shows_posts_as_they_were_and_what_was_before(start: Start) -> None:
    node = await start("alpha.test", rules=("Be kind",))
    mod, ann, bob = [
        await node.create_member(name, role)
        for name, role in (("mod", "moderator"), ("ann", "member"), ("bob", "member"))
    ]
    first = await node.publish(bob, "the very first words")
    await edit(node, bob, first, "the reported words")
    kept = await node.publish(bob, "words that stay")
    earlier = await file(node, ann, bob, comment="an earlier report")
    row = await file(node, ann, bob, post_ids=[first, kept], comment="rude", rule_ids=[1])
    await edit(node, bob, first, "harmless words")
    await edit(node, bob, first, "more harmless words")
    async with node.db.write() as tx:
        await moderation_notes.add(tx, await node.load_member(mod), bob.id, "known for this")
    visitor = await log_in_visitor(node, "mod")
    page = (await visitor.open(f"/admin/reports/{row.id}")).text
    evidence = page.partition("Take action on the posts")[0]
    assert "the reported words" in evidence
    assert "words that stay" in evidence
    assert "harmless words" not in evidence
    assert "the very first words" not in evidence
    assert page.count("As it was reported") == 1
    for text in ("Be kind", "Reported as broken", "known for this", "an earlier report"):
        assert text in page
    assert page.count(f'href="/admin/reports/{earlier.id}"') == 2, "about the account, and by the reporter"

    for query, expected in (
        ("", [earlier, row]),
        ("category=violation", [row]),
        ("assigned=me", []),
        ("assigned=nobody&category=other", [earlier]),
        ("origin=remote", []),
        ("state=resolved", []),
    ):
        page = (await visitor.open(f"/admin/reports?{query}")).text
        found = [report for report in (earlier, row) if f'href="/admin/reports/{report.id}"' in page]
        assert found == expected, query
