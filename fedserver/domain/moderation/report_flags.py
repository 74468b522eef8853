"""Reports of peers, which send them as Flag activities."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from fedserver.domain.moderation import report_rows
from fedserver.domain.peers import peers
from fedserver.domain.timelines.visibility import FEDERATED
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.moderation import reports as report_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.moderation import ReportRow
from storage.rows.posts import PostRow


async def receive(tx: Tx, actor: AccountRow, uri: str, object_uris: Sequence[str], comment: str) -> bool:
    """Store a report of a peer; return False if it names no account of ours, or the peer may not.

    A peer that sends too many in a day may not report on that day either.
    """
    if not await peers.accepts_reports(tx, actor):
        return False
    accounts = await account_queries.load_by_uris(tx, object_uris)
    posts = [post for post in await post_queries.load_by_uris(tx, object_uris) if _is_federated(post)]
    owner_ids = dict.fromkeys((*(row.id for row in accounts), *(post.account_id for post in posts)))
    owners = {row.id: row for row in await account_queries.load_by_ids(tx, list(owner_ids))}
    target = next((owners[owner_id] for owner_id in owner_ids if not owners[owner_id].domain), None)
    if target is None or target.deleted_at is not None or target.kind == "Application":
        return False
    if not await report_rows.count(tx, actor):
        return False
    post_ids = [post.id for post in posts if post.account_id == target.id]
    row = report_rows.build(
        tx, uri or None, actor, target, post_ids, comment[: report_rows.MAX_COMMENT], "other"
    )
    known = await report_queries.find_by_uri(tx, uri) if uri else None
    if known is not None and _says_else(row, known):
        row = structs.replace(row, uri=f"{uri}#{row.id}")  # the peer uses one id for several reports
    await report_rows.insert(tx, row)
    return True


def _says_else(row: ReportRow, known: ReportRow) -> bool:
    return (row.account_id, row.target_id, row.post_ids, row.comment) != (
        known.account_id,
        known.target_id,
        known.post_ids,
        known.comment,
    )


def _is_federated(post: PostRow) -> bool:
    """Return True for a post that peers may have: answers must not reveal drafts and local-only posts."""
    return post.local and post.state == "published" and post.visibility in FEDERATED
