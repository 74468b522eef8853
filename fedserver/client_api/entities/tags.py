"""Tag and FeaturedTag (docs.joinmastodon.org/entities/Tag, /FeaturedTag)."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.times import to_date
from fedserver.domain.content import tags
from fedserver.links import Links
from storage.rows.accounts import FeaturedTagRow

HISTORY_DAYS = 7
DAY_MS = 86_400_000


class TagUse(Struct, frozen=True):
    """Uses of one day; `day` is its start in seconds since 1970."""

    day: str
    uses: str
    accounts: str


class Tag(Struct, frozen=True):
    id: str
    name: str
    url: str
    history: list[TagUse]
    following: bool | UnsetType = UNSET
    featuring: bool | UnsetType = UNSET


class FeaturedTag(Struct, frozen=True):
    id: str
    name: str
    url: str
    statuses_count: str
    last_status_at: str | None


def render_tag(links: Links, view: tags.TagView, uses: list[tuple[int, int, int]], now: int) -> Tag:
    """Return a hashtag with its last seven days.

    `uses` holds days since 1970 with the uses and accounts of each; `now` is in ms UTC.
    """
    row = view.row
    return Tag(
        str(row.id),
        row.display,
        links.tag(row.name),
        render_week(uses, now),
        UNSET if view.follows is None else view.follows,
        UNSET if view.features is None else view.features,
    )


def render_week(uses: list[tuple[int, int, int]], now: int) -> list[TagUse]:
    """Return the last seven days, today first.

    `uses` holds days since 1970 with the uses and accounts of each; `now` is in ms UTC.
    """
    by_day = {day: (str(count), str(accounts)) for day, count, accounts in uses}
    days = range(now // DAY_MS, now // DAY_MS - HISTORY_DAYS, -1)
    return [TagUse(str(day * DAY_MS // 1000), *by_day.get(day, ("0", "0"))) for day in days]


def render_featured_tag(links: Links, username: str, row: FeaturedTagRow) -> FeaturedTag:
    """Return a hashtag on a profile; of a remote account `username` has the domain too."""
    url = links.account_tag(username, row.folded)
    return FeaturedTag(str(row.id), row.name, url, str(row.uses), to_date(row.last_at))
