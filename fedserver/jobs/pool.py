"""Places for work that waits for strangers: many at once, of which slow ones can hold a share only.

Work begins on a quick place. If it outlives its patience it goes on in a slow one, and the quick place is
free for others; if no slow one is free it is stopped, to be tried again. Hosts that were
slow begin in slow places.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import structlog
from cachetools import LRUCache

log = structlog.stdlib.get_logger("fedserver.jobs")
SLOW_AFTER_S = 1.0
MAX_SLOW_HOSTS = 10_000


class Slot:
    """Where one piece of work is done. `stopped`: it was too slow while all slow places were held."""

    __slots__ = ("_overdue", "_patience", "_timer", "host", "lasted", "slow", "stopped")

    def __init__(self, host: str, slow: bool, patience: float, overdue: Callable[[Slot], None]) -> None:
        self.host, self.slow = host, slow
        self.lasted = self.stopped = False
        self._overdue, self._patience = overdue, patience
        self._timer: asyncio.TimerHandle | None = None
        self.again()

    def again(self) -> None:
        """A new step begins: it has all the patience anew."""
        self.leave()
        self._timer = asyncio.get_running_loop().call_later(self._patience, self._overdue, self)

    def leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class Pool:
    """The places of one kind of work; `wake` is set when one is free again.

    With `gather` (seconds) those that end shortly after another are told together.
    """

    def __init__(self, quick: int, slow: int, *, patience: float = SLOW_AFTER_S, gather: float = 0) -> None:
        self.wake = asyncio.Event()
        self.busy: Counter[str] = Counter()
        self._room = {False: quick, True: slow}
        self._patience, self._gather = patience, gather
        self._work: dict[Slot, asyncio.Task[None]] = {}
        self._slow_hosts: LRUCache[str, bool] = LRUCache(MAX_SLOW_HOSTS)
        self._bell: asyncio.TimerHandle | None = None

    def room(self, slow: bool) -> int:
        """How many places of that kind are free."""
        return self._room[slow]

    def is_slow(self, host: str) -> bool:
        """True if work for that host lasted too long the last time."""
        return host in self._slow_hosts

    def slow_hosts(self) -> list[str]:
        return list(self._slow_hosts)

    def start(self, host: str, slow: bool, work: Callable[[Slot], Awaitable[None]]) -> None:
        """Do work for a host on a free place of that kind."""
        place = Slot(host, slow, self._patience, self._overdue)
        self._room[slow] -= 1
        self.busy[host] += 1
        self._work[place] = asyncio.create_task(self._do(place, work))

    async def _do(self, place: Slot, work: Callable[[Slot], Awaitable[None]]) -> None:
        try:
            await work(place)
        except asyncio.CancelledError:
            if not place.stopped:
                raise
        except Exception:
            log.exception("work_failed", host=place.host)
        finally:
            self._free(place)

    def _free(self, place: Slot) -> None:
        place.leave()
        del self._work[place]
        self._room[place.slow] += 1
        self.busy[place.host] -= 1
        if not self.busy[place.host]:
            del self.busy[place.host]
        if place.lasted:
            self._slow_hosts[place.host] = True
        else:
            self._slow_hosts.pop(place.host, None)
        self._ring()

    def _ring(self) -> None:
        if not self._gather or not self._work:
            self.wake.set()
        elif self._bell is None:
            self._bell = asyncio.get_running_loop().call_later(self._gather, self._rung)

    def _rung(self) -> None:
        self._bell = None
        self.wake.set()

    def _overdue(self, place: Slot) -> None:
        place.lasted = True
        if place.slow:
            return
        if self._room[True]:
            self._room[True] -= 1
            self._room[False] += 1
            place.slow = True
            self._ring()
        else:
            place.stopped = True
            self._work[place].cancel()

    async def finish(self, seconds: float | None = None) -> None:
        """Wait for all that was begun, at most so long; what takes longer is cancelled."""
        if self._work:
            _, late = await asyncio.wait(list(self._work.values()), timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
