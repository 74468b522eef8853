"""Events: what happened, sent after the commit to streams, caches and workers; kinds and their ids.

An event carries ids only; a listener reads what it may see from the database. On PostgreSQL every process
gets it.
"""

from collections.abc import Sequence

from storage.engine import Tx

POST_PUBLISHED = "post.published"  # post_id (a boost too)
POST_EDITED = "post.edited"  # post_id
POST_CHANGED = "post.changed"  # post_id: counters or the like; for caches
POST_DELETED = "post.deleted"  # post_id, account_id, listeners: account ids that had it at home
POLL_TALLIED = "poll.tallied"  # post_id: its votes changed some time ago, or it has ended
POST_WITHDRAWN = "post.withdrawn"  # post_id, account_id, streams: public ones that may have shown it
ACCOUNT_CHANGED = "account.changed"  # account_id
NOTIFICATION_ADDED = "notification.added"  # notification_id, account_id
NOTIFICATIONS_MERGED = "notifications.merged"  # account_id: notifications that were held back appear now
CONVERSATION_CHANGED = "conversation.changed"  # conversation_id, account_id
ANNOUNCEMENT_REACTED = "announcement.reacted"  # announcement_id, name
TOKEN_REVOKED = "token.revoked"  # token_id
MEMBER_CHANGED = "member.changed"  # member_id: role, disabled …
FILTERS_CHANGED = "filters.changed"  # account_id
RELATION_CHANGED = "relation.changed"  # account_id, target_id
ANNOUNCEMENT_PUBLISHED = "announcement.published"  # announcement_id: new, or its text is
ANNOUNCEMENT_REMOVED = "announcement.removed"  # announcement_id
PEER_CHANGED = "peer.changed"  # domain
IP_BLOCKS_CHANGED = "addresses.changed"  # networks that may not come in
SETTINGS_CHANGED = "settings.changed"  # a setting or legal text
JOBS_DUE = "tasks.due"  # something was put in the queue
MAX_LISTENERS = 300  # ids that fit into one event of PostgreSQL, which holds 8000 bytes


def emit_jobs_due(tx: Tx) -> None:
    """Wake the workers after the commit; once a transaction is enough."""
    if all(event.kind != JOBS_DUE for event in tx.events):
        tx.emit(JOBS_DUE)


def emit_post_deleted(tx: Tx, post_id: int, account_id: int, account_ids: Sequence[int]) -> None:
    """Emit that a post or boost was deleted, in parts if many `account_ids` had it in their home timeline."""
    for start in range(0, len(account_ids) or 1, MAX_LISTENERS):
        part = list(account_ids[start : start + MAX_LISTENERS])
        tx.emit(POST_DELETED, post_id=post_id, account_id=account_id, listeners=part)
