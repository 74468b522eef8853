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


def tag(links: Links, row: TagRow, uses: list[tuple[int, int, int]], now: int) -> Tag:
    """A hashtag with its last seven days; `uses` are days since 1970, uses and accounts of each."""
    by_day = {day: (str(count), str(people)) for day, count, people in uses}
    days = range(now // DAY, now // DAY - DAYS, -1)
    history = [TagUse(str(day * DAY // 1000), *by_day.get(day, ("0", "0"))) for day in days]
    return Tag(str(row.id), row.display, links.tag(row.name), history)


def uses_by_day(uses: list[tuple[int, int]], now: int) -> list[TagUse]:
    """The last seven days, today first; `uses` are moments and accounts."""
    today = now // DAY
    history = []
    for back in range(DAYS):
        number = today - back
        of_day = [author for moment, author in uses if moment // DAY == number]
        history.append(TagUse(str(number * DAY // 1000), str(len(of_day)), str(len(set(of_day)))))
    return history
