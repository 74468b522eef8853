"""Slots for requests to other servers: many at once, of which slow hosts can hold a share only.

Work begins in a fast slot. If it takes too long it goes on in a slow one, and the fast slot is free for
others; if no slow slot is free it is cancelled, to be tried again. Hosts that were slow begin in slow slots.
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
    """The slot of one piece of work; `aborted` if it was too slow while all slow slots were taken."""

    __slots__ = ("_on_timeout", "_slow_after_s", "_timer", "aborted", "host", "is_slow", "timed_out")

    def __init__(self, host: str, slow: bool, patience: float, overdue: Callable[[Slot], None]) -> None:
        self.host, self.is_slow = host, slow
        self.timed_out = self.aborted = False
        self._on_timeout, self._slow_after_s = overdue, patience
        self._timer: asyncio.TimerHandle | None = None
        self.reset_timer()

    def reset_timer(self) -> None:
        """Begin a new step, which has the whole time again."""
        self.cancel_timer()
        self._timer = asyncio.get_running_loop().call_later(self._slow_after_s, self._on_timeout, self)

    def cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class Pool:
    """The slots of one kind of work; `wake` is set when one is free again.

    With `coalesce_s` those that end shortly after another wake the worker once.
    """

    def __init__(
        self, fast: int, slow: int, *, slow_after_s: float = SLOW_AFTER_S, coalesce_s: float = 0
    ) -> None:
        self.wake = asyncio.Event()
        self.busy: Counter[str] = Counter()
        self._free_slots = {False: fast, True: slow}
        self._slow_after_s, self._coalesce_s = slow_after_s, coalesce_s
        self._work: dict[Slot, asyncio.Task[None]] = {}
        self._slow_hosts: LRUCache[str, bool] = LRUCache(MAX_SLOW_HOSTS)
        self._wake_timer: asyncio.TimerHandle | None = None

    def free_slots(self, slow: bool) -> int:
        """Return how many slots of that kind are free."""
        return self._free_slots[slow]

    def is_slow(self, host: str) -> bool:
        """Return True if work for that host took too long the last time."""
        return host in self._slow_hosts

    def slow_hosts(self) -> list[str]:
        return list(self._slow_hosts)

    def start(self, host: str, slow: bool, work: Callable[[Slot], Awaitable[None]]) -> None:
        """Start work for a host in a free slot of that kind."""
        place = Slot(host, slow, self._slow_after_s, self._on_timeout)
        self._free_slots[slow] -= 1
        self.busy[host] += 1
        self._work[place] = asyncio.create_task(self._run(place, work))

    async def _run(self, place: Slot, work: Callable[[Slot], Awaitable[None]]) -> None:
        try:
            await work(place)
        except asyncio.CancelledError:
            if not place.aborted:
                raise
        except Exception:
            log.exception("work_failed", host=place.host)
        finally:
            self._release(place)

    def _release(self, place: Slot) -> None:
        place.cancel_timer()
        del self._work[place]
        self._free_slots[place.is_slow] += 1
        self.busy[place.host] -= 1
        if not self.busy[place.host]:
            del self.busy[place.host]
        if place.timed_out:
            self._slow_hosts[place.host] = True
        else:
            self._slow_hosts.pop(place.host, None)
        self._schedule_wake()

    def _schedule_wake(self) -> None:
        if not self._coalesce_s or not self._work:
            self.wake.set()
        elif self._wake_timer is None:
            self._wake_timer = asyncio.get_running_loop().call_later(self._coalesce_s, self._wake_up)

    def _wake_up(self) -> None:
        self._wake_timer = None
        self.wake.set()

    def _on_timeout(self, place: Slot) -> None:
        place.timed_out = True
        if place.is_slow:
            return
        if self._free_slots[True]:
            self._free_slots[True] -= 1
            self._free_slots[False] += 1
            place.is_slow = True
            self._schedule_wake()
        else:
            place.aborted = True
            self._work[place].cancel()

    async def finish(self, seconds: float | None = None) -> None:
        """Wait for all that was begun, at most so long; what takes longer is cancelled."""
        if self._work:
            _, late = await asyncio.wait(list(self._work.values()), timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
