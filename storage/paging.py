"""Pages by id, as the Mastodon API asks for them.

`max_id`: older than; `since_id`: newer than, the newest first; `min_id`: newer than, those
just above it. Every page is sorted newest first.
"""

from __future__ import annotations

from msgspec import Struct

MAX_ID = (1 << 63) - 1


class Page(Struct, frozen=True):
    """A part of a list. Ids are exclusive bounds; `limit` is a number of rows."""

    limit: int = 20
    max_id: int = MAX_ID
    since_id: int = 0
    min_id: int | None = None

    @property
    def is_upwards(self) -> bool:
        """True for the rows just above `min_id` instead of the newest."""
        return self.min_id is not None

    def bind_params(self) -> dict[str, int]:
        """Return the bind parameters of a `PagedStatement`."""
        low = self.since_id if self.min_id is None else self.min_id
        return {"page_max": self.max_id, "page_low": low, "page_limit": self.limit}
