"""The moderation log with everything that only moderators may read, and a search in it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from fedserver.domain.audit_log import audit_log, audit_log_views
from fedserver.web.endpoint import MODERATOR, RANKS, Call, Routes

routes = Routes("console")
PATH = "/admin/log"
PAGE_SIZE = 60
DAY_MS = 86_400_000
# The first parts of verbs, in the order in which they are offered.
SUBJECTS = (
    "account", "member", "report", "appeal", "peer", "peer_list", "partner", "relay", "ip", "email",
    "email_domain", "invitation", "announcement", "emoji", "tag", "trend", "trends", "suggestions", "queue",
    "node",
)  # fmt: skip
ROLES = (*reversed(RANKS), audit_log.OPERATOR, audit_log.NODE)


class LogSearchParams(Struct, frozen=True):
    who: str = ""
    role: str = ""
    subject: str = ""
    q: str = ""
    since: str = ""  # a day, YYYY-MM-DD
    until: str = ""  # the last day


def _parse_day(text: str) -> int | None:
    """Return the beginning of a day (ms UTC), None for no day."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000


def _build_query(params: LogSearchParams) -> audit_log_views.LogQuery:
    last_day = _parse_day(params.until)
    return audit_log_views.LogQuery(
        subject=params.subject if params.subject in SUBJECTS else "",
        role=params.role if params.role in ROLES else "",
        actor=params.who,
        text=params.q,
        since=_parse_day(params.since),
        until=None if last_day is None else last_day + DAY_MS,
    )


@routes.get(PATH, html=True, auth=MODERATOR, params=LogSearchParams)
async def show(call: Call[LogSearchParams]) -> web.Response:
    params = call.params
    views = await audit_log_views.search(call.tx, _build_query(params), call.page(PAGE_SIZE, PAGE_SIZE))
    fields = {name: value for name in params.__struct_fields__ if (value := getattr(params, name))}
    return call.render(
        "admin/log.html",
        views=views,
        params=params,
        subjects=SUBJECTS,
        roles=ROLES,
        is_filtered=bool(fields),
        path=f"{PATH}?{urlencode(fields)}{'&' if fields else ''}",
        older=views[-1].row.seq if len(views) == PAGE_SIZE else None,
    )
