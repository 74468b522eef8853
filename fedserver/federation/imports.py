"""The next lines of a file that a member imports: accounts and posts are resolved, then the lines applied."""

from __future__ import annotations

import asyncio

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.portability import import_batches, import_overwrites
from fedserver.federation.resolve import Resolver
from storage.engine import Database
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow


async def continue_import(
    db: Database, site: NodeContext, resolver: Resolver, job: jobs.ContinueImport
) -> None:
    """Clear what the file replaces, or apply a batch of it; the rest is enqueued as another job."""
    if not job.cleared:
        async with db.write() as tx:
            if not await import_overwrites.clear_unlisted(tx, site, job):
                return
        job = jobs.ContinueImport(job.import_id, cleared=True)
    async with db.read() as read_tx:
        batch = await import_batches.load_batch(read_tx, job)
    if batch is None:
        return
    row, lines = batch

    async def look_up(text: str) -> AccountRow | PostRow | None:
        if row.kind == "domain_blocking":
            return None
        if row.kind == "bookmarks":
            return await resolver.resolve_address(text)
        return await resolver.resolve_account(text)

    subjects = await asyncio.gather(*(look_up(text) for _, text in lines))
    async with db.write() as tx:
        pairs = [(line, subject) for (line, _), subject in zip(lines, subjects, strict=True)]
        await import_batches.process_batch(tx, site, job, pairs)
