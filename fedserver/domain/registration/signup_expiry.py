"""The end of sign-ups that came to nothing, and how many may wait at the same time.

Anyone can begin to join. As in Mastodon, who does not confirm the address within a week is deleted, so that
username and address are free again. Nor do the others wait for ever.
"""

from __future__ import annotations

from fedserver.domain.auth import tokens
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError
from fedserver.domain.registration import signup_review
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.accounts import account_removal as account_removal_queries
from storage.queries.moderation import admin_accounts as admin_account_queries

DAY_MS = 86_400_000
UNCONFIRMED_RETENTION_MS = 7 * DAY_MS
UNREVIEWED_RETENTION_MS = 180 * DAY_MS  # the moderators had half a year to answer
MAX_WAITING = 10_000  # more than moderators can review: they are no people
BATCH_SIZE = 100


async def check_room(tx: ReadTx) -> None:
    """Raise ForbiddenError if too many people wait already."""
    if await admin_account_queries.count_waiting(tx) >= MAX_WAITING:
        raise ForbiddenError(
            gettext("Too many people are waiting to join at the moment. Please try again in a few days.")
        )


async def purge(tx: Tx, site: NodeContext) -> None:
    """Delete members who did not confirm their address, or whom nobody approved, at most a batch.

    Those who confirmed it get a mail; another address may be that of someone who never asked to join.
    """
    expired = await admin_account_queries.list_expired(
        tx, tx.now - UNCONFIRMED_RETENTION_MS, tx.now - UNREVIEWED_RETENTION_MS, BATCH_SIZE
    )
    for member_id, account_id in expired:
        await signup_review.notify_expired(tx, site, member_id)
        await tokens.revoke_all(tx, member_id)
        await account_removal_queries.subtract_counts(tx, account_id)
        await admin_account_queries.delete_pending(tx, member_id, account_id)
