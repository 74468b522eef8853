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
    """A hashtag with its last seven days; `uses` are days since 1970, uses and accounts of each."""
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
    """The last seven days, today first; `uses` are days since 1970, uses and accounts of each."""
    by_day = {day: (str(count), str(people)) for day, count, people in uses}
    days = range(now // DAY_MS, now // DAY_MS - HISTORY_DAYS, -1)
    return [TagUse(str(each * DAY_MS // 1000), *by_day.get(each, ("0", "0"))) for each in days]


def render_featured_tag(links: Links, username: str, row: FeaturedTagRow) -> FeaturedTag:
    """A hashtag on a profile; `username` with the domain for an account of a peer."""
    url = links.tagged(username, row.folded)
    return FeaturedTag(str(row.id), row.name, url, str(row.uses), to_date(row.last_at))
