"""The next lines of a file that a member brought: whom they name is looked up, then they are carried out."""

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
    """Clear what the file takes the place of, or carry out a slice of it; the rest is owed."""
    if not job.cleared:
        async with db.write() as tx:
            if not await import_overwrites.clear_unlisted(tx, site, job):
                return
        job = jobs.ContinueImport(job.import_id, cleared=True)
    async with db.read() as tx:
        found = await import_batches.load_batch(tx, job)
    if found is None:
        return
    row, lines = found

    async def look_up(text: str) -> AccountRow | PostRow | None:
        if row.kind == "domain_blocking":
            return None
        return await (
            resolver.resolve_address(text) if row.kind == "bookmarks" else resolver.resolve_account(text)
        )

    subjects = await asyncio.gather(*(look_up(text) for _, text in lines))
    async with db.write() as tx:
        pairs = [(line, subject) for (line, _), subject in zip(lines, subjects, strict=True)]
        await import_batches.process_batch(tx, site, job, pairs)
