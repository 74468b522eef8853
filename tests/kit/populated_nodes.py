"""A node with posts, people and decisions of every kind, and the paths of all its pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import msgspec

from fedserver.domain.auth import invitations
from fedserver.domain.kernel import jobs
from fedserver.domain.moderation import moderation, moderation_notes, report_filing
from fedserver.domain.moderation.moderation import ModerationAction
from fedserver.domain.notifications import announcements
from fedserver.domain.peers import peers
from fedserver.domain.posts.polls import NewPoll
from fedserver.domain.relationships import domain_mutes, follows, lists, mutes
from fedserver.node import list_endpoints
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.queries.kernel import inbox as inbox_queries
from storage.rows.accounts import AccountRow
from storage.rows.kernel import InboxItemRow
from tests.kit.nodes import TestNode
from tests.kit.people import create_remote_account

# Paths that lead on, or that are no pages: files, documents, ways to an identity provider.
NO_PAGES = re.compile(r"\.csv$|\.zip$|^/users/|^/\.well-known/|/provider|^/oauth/authorize/native")
ARTICLE = "# Α\n\nΒ `γ`\n\n```python\nδ = (1, 'ε')  # ζ\n```"
PUBLIC = (
    "/",
    "/@ann",
    "/@ann?tab=replies",
    "/nothing/here",
    "/@oda",
    "/settings/hidden?show=blocked",
    "/settings/hidden?show=domains",
    "/admin/accounts/x",
)


async def populate(node: TestNode) -> dict[str, int]:
    """Let Ann, Bob and the owner Oda do something of every kind; return ids of what has a page, by name."""
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    oda = await node.create_member("oda", "owner")
    ids = {"ann": ann.id, "bob": bob.id} | await _write_posts(node, ann, bob)
    async with node.db.write() as tx:
        ids |= await _relate_accounts(tx, node, ann, bob, oda)
        ids |= await _add_decisions(tx, node, oda, ann, bob)
    await node.settle()
    return ids


def list_page_paths(ids: dict[str, int]) -> list[str]:
    """Return the paths of all declared pages with the ids of `populate` filled in, each once."""
    return list(dict.fromkeys(_generate_paths(ids)))


async def _write_posts(node: TestNode, ann: AccountRow, bob: AccountRow) -> dict[str, int]:
    """Publish posts of every kind; return the ids of those with a page of their own."""
    first = await node.publish(ann, "Ένα #σπίτι", poll=NewPoll(("Ναι", "Όχι"), 3_600))
    many = await node.publish(
        ann, "Δύο", poll=NewPoll(("Ναι", "Όχι"), 3_600, multiple=True, hide_totals=True)
    )
    article = await node.publish(ann, ARTICLE, kind="Article", title="Άρθρο", content_type="text/markdown")
    draft = await node.publish(ann, "Σχέδιο", kind="Article", title="Σχέδιο", state="draft")
    await node.publish(bob, "Όχι", in_reply_to_id=first, summary="Προσοχή")
    await node.publish(ann, "Και", quoted_id=many)
    for visibility in ("unlisted", "followers", "direct", "local"):
        await node.publish(ann, "Μόνο", visibility=visibility)
    return {"first": first, "many": many, "article": article, "draft": draft}


async def _relate_accounts(
    tx: Tx, node: TestNode, ann: AccountRow, bob: AccountRow, oda: AccountRow
) -> dict[str, int]:
    """Let Ann follow, list, mute and block others, with a private note; return the id of the list."""
    await follows.follow(tx, node.site, ann, oda)
    await mutes.set_note(tx, ann, oda, "Σημείωση")
    row = await lists.create(tx, ann, "Φίλοι")
    await lists.add_accounts(tx, ann, row.id, [oda.id])
    await mutes.mute(tx, ann, oda, seconds=3_600)
    await mutes.mute(tx, ann, bob)
    await domain_mutes.add(tx, node.site, ann, "quiet.test")
    return {"list": row.id, "oda": oda.id}


async def _add_decisions(
    tx: Tx, node: TestNode, mod: AccountRow, ann: AccountRow, bob: AccountRow
) -> dict[str, int]:
    """Add decisions, notes, a report, unreachable peers and failed jobs; return ids for paths."""
    member = await member_queries.find_by_username(tx, mod.username)
    assert member is not None
    report = await report_filing.file(
        tx, node.site, ann, report_filing.NewReport(target_id=bob.id, comment="Αγενής", rule_ids=[1])
    )
    for kind in ("none", "sensitive", "silence"):
        await moderation.apply(tx, node.site, member, ann.id, ModerationAction(kind, "Γιατί"))
    await moderation.apply(tx, node.site, member, bob.id, ModerationAction("suspend", "Γιατί", days=2))
    await moderation_notes.add(tx, member, bob.id, "Σημείωση")
    await announcements.create(tx, node.site, member, "Νέα")
    await invitations.create(tx, member, note="Για")
    await peers.ensure(tx, "quiet.test")
    await jobs.enqueue(tx, jobs.ExpireModerationAction(1, 1), run_at=tx.now + 86_400_000)
    fay = await create_remote_account(tx, "fay")
    body = msgspec.json.encode({"type": "Like", "object": "https://alpha.test/1"})
    await inbox_queries.insert(
        tx, InboxItemRow(7, fay.uri, "x", fay.uri, "late.test", None, body, 1, 1, 0, 8, None, "")
    )
    await inbox_queries.dead_letter(tx, 7, "λάθος")
    return {"report": report.id, "fay": fay.id}


def _generate_paths(ids: dict[str, int]) -> Iterator[str]:
    """Yield the path of every declared page with its parameters filled in."""
    yield from PUBLIC
    values = {
        "{name}": ["ann"],
        "{tag}": ["σπίτι"],
        "{place}": [str(ids["first"]), str(ids["many"]), str(ids["article"])],
        "{token}": ["nothing"],
        "{code}": ["nothing"],
        "{day}": ["2026-01-01"],
        "{kind}": ["privacy", "terms"],
        "{id}": [str(ids[name]) for name in ("draft", "ann", "bob", "oda", "report", "list")],
    }
    for endpoint in list_endpoints():
        if not endpoint.html or endpoint.method != "GET" or NO_PAGES.search(endpoint.path):
            continue
        parts = re.findall(r"\{[^}]*\}", endpoint.path)
        for chosen in product(*(values.get(re.sub(r":[^}]*", "", part), ["nothing"]) for part in parts)):
            path = endpoint.path
            for part, value in zip(parts, chosen, strict=True):
                path = path.replace(part, value)
            yield path
