"""Tag (docs.joinmastodon.org/entities/Tag)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.links import Links
from storage import TagRow

DAYS = 7
DAY = 86_400_000


class TagUse(Struct, frozen=True):
    day: str
    uses: str
    accounts: str


class Tag(Struct, frozen=True):
    id: str
    name: str
    url: str
    history: list[TagUse]


def tag(links: Links, row: TagRow, uses: list[tuple[int, int]], now: int) -> Tag:
    """A hashtag with its last seven days; `uses` are moments and authors."""
    return Tag(str(row.id), row.display, links.tag(row.name), uses_by_day(uses, now))


def uses_by_day(uses: list[tuple[int, int]], now: int) -> list[TagUse]:
    """The last seven days, today first; `uses` are moments and accounts."""
    today = now // DAY
    history = []
    for back in range(DAYS):
        number = today - back
        of_day = [author for moment, author in uses if moment // DAY == number]
        history.append(TagUse(str(number * DAY // 1000), str(len(of_day)), str(len(set(of_day)))))
    return history
