"""The settings as this process has them: read again when any process has changed one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fedserver.config import Config
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.settings import node_settings
from storage.engine import Database
from storage.queries.settings import node_settings as setting_queries

Follower = Callable[[Config], None]


class CurrentSettings:
    """Keeps the configuration of a context as the database has it; `base` is that of the file."""

    def __init__(self, db: Database, site: NodeContext, base: Config) -> None:
        self._db = db
        self._site = site
        self._base = base
        self._followers: list[Follower] = []
        self._lock = asyncio.Lock()

    def follow(self, follower: Follower) -> None:
        """Call `follower` with the configuration after each change, for what holds values of its own."""
        self._followers.append(follower)

    async def refresh(self) -> bool:
        """Apply what was changed, here or by another process; return True if there was anything.

        Costs one statement that reads one number if nothing was.
        """
        async with self._lock, self._db.read() as tx:
            if await setting_queries.find_revision(tx) == self._site.revision:
                return False
            state = await node_settings.load(tx, self._base)
            self._site.config, self._site.revision = state.config, state.revision
            self._site.legal_kinds = state.legal_kinds
            for follower in self._followers:
                follower(state.config)
            return True
