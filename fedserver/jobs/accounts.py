"""Handlers of jobs about accounts: their profiles, relationships, notifications, moderation, imports."""

from __future__ import annotations

from fedserver.domain.accounts import accounts, stored_names
from fedserver.domain.kernel import jobs
from fedserver.domain.moderation import account_limits, moderation
from fedserver.domain.notifications import notification_requests
from fedserver.domain.portability import move_transfers
from fedserver.domain.relationships import mutes
from fedserver.federation import featured, imports, synchronization
from fedserver.jobs.lease import JobLease
from fedserver.runtime.services import Services

# An account whose inbox stays away is not fetched again for each delivery to it.
MIN_REFRESH_AGE_MS = 3_600_000


async def refresh_account(services: Services, job: jobs.RefreshAccount) -> None:
    """Fetch the profile of a peer's account again."""
    await services.resolver.fetch_actor(job.uri)


async def check_stored_names(services: Services, job: jobs.CheckStoredNames, lease: JobLease) -> None:
    """Correct a batch of names that an earlier version stored, and enqueue the next."""
    async with services.db.write() as tx:
        await stored_names.check(tx, services.site, job)
        await lease.finish(tx)


async def refresh_recipient(services: Services, job: jobs.RefreshRecipient) -> None:
    """Fetch the account again whose own inbox is not there any more, unless that was done a while ago.

    One that is gone is deleted here, one with a new inbox gets later deliveries there.
    """
    async with services.db.read() as tx:
        owners = await accounts.list_by_inbox(tx, job.inbox_uri)
    for account in owners:
        if (account.fetched_at or 0) <= services.db.clock() - MIN_REFRESH_AGE_MS:
            await services.resolver.fetch_actor(account.uri)


async def verify_links(services: Services, job: jobs.VerifyLinks) -> None:
    """Check which links of a profile link back to it."""
    await services.link_checker.check(job.account_id)


async def fetch_featured(services: Services, job: jobs.FetchFeatured) -> None:
    """Fetch the pinned posts of a peer's account."""
    await featured.refresh_featured(services.db, services.resolver, job.account_id)


async def synchronize_followers(services: Services, job: jobs.SynchronizeFollowers) -> None:
    """Compare the followers of a peer's account with the ones stored here (FEP-8fcf)."""
    await synchronization.synchronize_followers(services.db, services.site, services.resolver, job)


async def continue_import(services: Services, job: jobs.ContinueImport) -> None:
    """Do the next part of an import, and enqueue what is left."""
    await imports.continue_import(services.db, services.site, services.resolver, job)


async def expire_mute(services: Services, job: jobs.EndMute) -> None:
    """End a mute whose time is over."""
    async with services.db.write() as tx:
        await mutes.expire(tx, job.account_id, job.target_id)


async def expire_moderation_action(services: Services, job: jobs.ExpireModerationAction) -> None:
    """End a moderation action whose time is over."""
    async with services.db.write() as tx:
        await moderation.expire(tx, job.act_id, job.account_id)


async def transfer_relationships(
    services: Services, job: jobs.TransferRelationships, lease: JobLease
) -> None:
    """Copy a batch of relationships with an account that moved to its target, and enqueue the next."""
    async with services.db.write() as tx:
        await move_transfers.transfer_relationships(tx, services.site, job)
        await lease.finish(tx)


async def sever_follows(services: Services, job: jobs.SeverFollows, lease: JobLease) -> None:
    """End the follows of an account that was suspended with another, in both directions."""
    async with services.db.write() as tx:
        await account_limits.sever_follows(tx, job.account_id)
        await lease.finish(tx)


async def merge_notifications(services: Services, job: jobs.MergeNotifications, lease: JobLease) -> None:
    """Move filtered notifications that a member accepted to their notifications."""
    async with services.db.write() as tx:
        await notification_requests.merge(tx, job.account_id, job.from_id)
        await lease.finish(tx)
