"""Places: slow work leaves the quick ones, and is stopped where no slow one is free."""

from __future__ import annotations

import asyncio

from fedserver.jobs.pool import Pool, Slot


async def test_slow_work_holds_its_share_only() -> None:
    pool, release = Pool(2, 1, slow_after_s=0), asyncio.Event()
    ended: list[tuple[str, bool, bool]] = []

    async def wait(place: Slot) -> None:
        try:
            await release.wait()
        finally:
            ended.append((place.host, place.is_slow, place.aborted))

    for host in ("a.test", "b.test"):
        pool.start(host, False, wait)
    assert pool.free_slots(False) == 0
    async with asyncio.timeout(5):
        while pool.free_slots(False) < 2:
            pool.wake.clear()
            await pool.wake.wait()
    # The first went to the slow place, the second found it taken and was stopped. Both hosts are known now.
    assert ended == [("b.test", False, True)]
    assert (pool.free_slots(True), dict(pool.busy), pool.is_slow("b.test")) == (0, {"a.test": 1}, True)

    async def quick(place: Slot) -> None:
        ended.append((place.host, place.is_slow, place.aborted))
        if place.host == "bad.test":
            raise ValueError("whatever goes wrong frees the place")

    for host in ("bad.test", "b.test"):
        pool.start(host, False, quick)
    release.set()
    await pool.finish()
    assert ended[-1] == ("a.test", True, False)
    assert (pool.free_slots(False), pool.free_slots(True), dict(pool.busy)) == (2, 1, {})
    assert pool.is_slow("a.test")
    assert not pool.is_slow("b.test"), "a host that is quick again is quick"

    release.clear()
    pool.start("late.test", False, wait)
    await pool.finish(0.01)
    assert pool.free_slots(False) + pool.free_slots(True) == 3, "what does not end in time is cancelled"
