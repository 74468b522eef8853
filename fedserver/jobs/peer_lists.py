"""Lists of peers, read from where they lie: bounded in size, and only if they changed."""

from __future__ import annotations

import structlog

from fedserver.domain.kernel import jobs
from fedserver.domain.peers import peer_files, peer_lists
from fedserver.net.errors import NetError
from fedserver.runtime.services import Services

log = structlog.stdlib.get_logger("fedserver.jobs")
ACCEPT = "text/csv, text/plain;q=0.9, */*;q=0.1"


async def fetch(services: Services, job: jobs.FetchPeerList) -> None:
    """Read a list and apply it, or have it wait. What goes wrong is shown beside the list."""
    async with services.db.read() as tx:
        row = await peer_lists.find(tx, job.list_id)
    if row is None:
        return
    why, response = "", None
    try:
        response = await services.client.get(
            row.url, accept=ACCEPT, etag=row.etag, max_bytes=peer_files.MAX_BYTES
        )
    except NetError as error:
        why = str(error)
    async with services.db.write() as tx:
        if response is not None and response.status == 304 and row.etag:
            await peer_lists.record_unchanged(tx, row.id)
        elif response is not None and response.status == 200:
            etag = response.headers.get("etag", "")
            await peer_lists.receive(tx, services.site, row.id, response.body, etag)
        else:
            why = why or f"answered with {response.status if response is not None else 0}"
            log.info("peer_list_failed", url=row.url[:300], reason=why)
            await peer_lists.record_failure(tx, row.id, why)
