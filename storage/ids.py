"""Ids that sort by time: 48 bits of milliseconds, then a 16 bit counter.

The layout is Mastodon's, because clients turn dates into ids with it (`seconds << 16) * 1000`).
Inside they are integers; only the client API writes them as strings. Posts of peers get an id
from their `published` time, so that a late arrival still sorts where it belongs.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

COUNTER_BITS = 16
COUNTER_MASK = (1 << COUNTER_BITS) - 1
EXACT_ID_STEP = 160  # exact in a double until 2109, and written with all its digits by JavaScript


def first_id_at(moment: int) -> int:
    """Return the smallest id of a millisecond: the cursor for "since then"."""
    return moment << COUNTER_BITS


class IdSource:
    """A source of ids. Those that one process makes for the current time strictly ascend.

    The counter starts at random in each millisecond, so that several processes on one
    database collide rarely; the primary key catches the rest.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._last = 0

    def new(self) -> int:
        """Return an id for the current time, greater than every id made here before."""
        fresh = (self._clock() << COUNTER_BITS) | secrets.randbelow(COUNTER_MASK >> 1)
        self._last = max(fresh, self._last + 1)
        return self._last

    def new_exact(self) -> int:
        """Return an id for the current time that JavaScript, where numbers are doubles, holds exactly."""
        self._last = -(-self.new() // EXACT_ID_STEP) * EXACT_ID_STEP
        return self._last

    def new_at(self, moment: int) -> int:
        """Return an id for a past time (milliseconds UTC), as remote posts need it.

        A time before 1970 or in the future counts as now.
        """
        if not 0 < moment <= self._clock():
            return self.new()
        return (moment << COUNTER_BITS) | secrets.randbelow(COUNTER_MASK)
