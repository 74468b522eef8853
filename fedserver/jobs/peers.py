"""Work about peers: what is sent to them, and lists of them. Policies and settings that others changed."""

from __future__ import annotations

import structlog

from fedserver.domain.kernel import jobs
from fedserver.domain.peers import peer_files, peer_lists
from fedserver.federation.fan_out import fan_out
from fedserver.jobs.lease import JobLease
from fedserver.net.errors import NetError
from fedserver.runtime.services import Services

log = structlog.stdlib.get_logger("fedserver.jobs")
LOOK_MS = 1_000  # how soon a setting changed by another process on SQLite is seen; it costs one number
ACCEPT = "text/csv, text/plain;q=0.9, */*;q=0.1"


class PeerPolicyWorker:
    """Reloads peer policies and IP blocks after changes by another process, such as `fedserver peer`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def run(self) -> int:
        """Reload them if the database changed. Returns 0: no backlog is left to continue with."""
        if await self._services.db.has_external_changes():
            async with self._services.db.read() as tx:
                await self._services.policies.load(tx)
                await self._services.ip_blocklist.load(tx)
        return 0

    async def next_due(self) -> int | None:
        """Return None: nothing is scheduled, and the runner calls `run` every few seconds anyway."""
        return None


class SettingsWorker:
    """Applies settings that another process changed: events tell on PostgreSQL, a look on SQLite."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._gets_events = not services.site.config.database.url.startswith("sqlite:")

    async def run(self) -> int:
        """Apply what was changed. Returns 0: no backlog is left to continue with."""
        await self._services.settings.refresh()
        return 0

    async def next_due(self) -> int | None:
        """Return when to look again; None where the runner's own pace is enough, as events arrive."""
        return None if self._gets_events else self._services.db.clock() + LOOK_MS


async def fetch_peer_list(services: Services, job: jobs.FetchPeerList) -> None:
    """Fetch a list of peers, and apply it or store it for approval. A failure is stored for the console."""
    async with services.db.read() as tx:
        row = await peer_lists.find(tx, job.list_id)
    if row is None:  # the list was removed after the job was enqueued
        return
    reason, response = "", None
    try:
        response = await services.client.get(
            row.url, accept=ACCEPT, etag=row.etag, max_bytes=peer_files.MAX_BYTES
        )
    except NetError as error:
        reason = str(error)
    async with services.db.write() as tx:
        if response is not None and response.status == 304 and row.etag:
            await peer_lists.record_unchanged(tx, row.id)
        elif response is not None and response.status == 200:
            etag = response.headers.get("etag", "")
            await peer_lists.receive(tx, services.site, row.id, response.body, etag)
        else:
            status = response.status if response is not None else 0
            reason = reason or f"The server answered with status {status}."
            log.info("peer_list_failed", url=row.url[:300], reason=reason)
            await peer_lists.record_failure(tx, row.id, reason)


async def fan_out_activity(services: Services, job: jobs.Job, lease: JobLease) -> None:
    """Render the activity of a job and write a delivery for each inbox; another worker sends them."""
    async with services.db.write() as tx:
        if await fan_out(tx, services.site, services.keyring, services.policies, job):
            tx.emit("deliveries.due")
        await lease.finish(tx)
