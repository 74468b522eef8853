"""Decisions about peers that another process wrote, as `fedserver peer` does beside a running node."""

from __future__ import annotations

from fedserver.runtime.services import Services


class PeerPolicyWorker:
    """Reads the decisions anew when somebody else wrote to the database without telling us."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def run(self) -> int:
        """Look once; 0 as there is never more to do at once."""
        if await self._services.db.has_external_changes():
            async with self._services.db.read() as tx:
                await self._services.policies.load(tx)
        return 0

    async def next_due(self) -> int | None:
        """Nothing falls due: the runner looks again every few seconds."""
        return None
