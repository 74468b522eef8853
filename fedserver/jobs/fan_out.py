"""The handler of all jobs that send an activity to peers."""

from __future__ import annotations

from fedserver.domain.kernel import jobs
from fedserver.federation.fan_out import fan_out
from fedserver.jobs.lease import JobLease
from fedserver.runtime.services import Services


async def fan_out_activity(services: Services, job: jobs.Job, lease: JobLease) -> None:
    """Render the activity of a job and write a delivery for each inbox."""
    async with services.db.write() as tx:
        if await fan_out(tx, services.site, services.keyring, services.policies, job):
            tx.emit("deliveries.due")
        await lease.finish(tx)
