"""What happened, told after the commit to streams, caches and workers: kinds and their ids.

An event carries ids only; whoever hears it reads what it may see. On PostgreSQL every process
hears it.
"""

from storage import Tx

POST_PUBLISHED = "post.published"  # post_id (a boost too)
POST_EDITED = "post.edited"  # post_id
POST_CHANGED = "post.changed"  # post_id: counters or the like; for caches
POST_DELETED = "post.deleted"  # post_id, account_id, listeners: account ids that had it at home
ACCOUNT_CHANGED = "account.changed"  # account_id
NOTIFIED = "notification.added"  # notification_id, account_id
TOKEN_REVOKED = "token.revoked"  # token_id
MEMBER_CHANGED = "member.changed"  # member_id: role, disabled …
FILTERS_CHANGED = "filters.changed"  # account_id
RELATION_CHANGED = "relation.changed"  # account_id, target_id
PEER_CHANGED = "peer.changed"  # domain
ADDRESSES_CHANGED = "addresses.changed"  # networks that may not come in
SETTINGS_CHANGED = "settings.changed"
TASKS_DUE = "tasks.due"  # something was put in the queue


def tasks_due(tx: Tx) -> None:
    """Wake the workers after the commit; telling once a transaction is enough."""
    if all(event.kind != TASKS_DUE for event in tx.events):
        tx.emit(TASKS_DUE)
