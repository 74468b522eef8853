"""Statistics for moderators (docs.joinmastodon.org/methods/admin/measures, …/dimensions, …/retention).

Unknown keys are left out: clients ask for more than any one server has.
"""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct

from fedserver.client_api.entities.admin.measures import (
    AdminCohort,
    AdminDimension,
    AdminMeasure,
    render_admin_cohort,
    render_admin_dimension,
    render_admin_measure,
)
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.metrics import dimensions, measures
from fedserver.web.endpoint import MODERATOR, Call, Routes

routes = Routes("client_api")
MONTH_MS = 30 * 86_400_000


class SubjectParams(Struct, frozen=True):
    id: int | None = None
    domain: str | None = None


class MeasuresParams(Struct, frozen=True, kw_only=True):
    keys: list[str] = []
    start_at: str = ""
    end_at: str = ""
    limit: int = 10
    tag_accounts: SubjectParams = SubjectParams()
    tag_uses: SubjectParams = SubjectParams()
    tag_servers: SubjectParams = SubjectParams()
    tag_languages: SubjectParams = SubjectParams()
    instance_accounts: SubjectParams = SubjectParams()
    instance_media_attachments: SubjectParams = SubjectParams()
    instance_reports: SubjectParams = SubjectParams()
    instance_statuses: SubjectParams = SubjectParams()
    instance_follows: SubjectParams = SubjectParams()
    instance_followers: SubjectParams = SubjectParams()
    instance_languages: SubjectParams = SubjectParams()


class RetentionParams(Struct, frozen=True):
    start_at: str = ""
    end_at: str = ""
    frequency: str = "day"


def _parse_moment(text: str, field: str) -> int:
    """Return a date or time in ISO 8601 as ms UTC; without a zone it is UTC. Raises InvalidError."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidError(field, "is not a time in ISO 8601" if text else "can't be blank") from error
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def _parse_span(params: MeasuresParams) -> measures.Span:
    start, end = _parse_moment(params.start_at, "start_at"), _parse_moment(params.end_at, "end_at")
    return measures.to_span(start, end)


def _find_subject(params: MeasuresParams, name: str) -> measures.MeasureSubject:
    subject = getattr(params, name, SubjectParams())
    return measures.MeasureSubject(subject.id, subject.domain)


@routes.post("/api/v1/admin/measures", auth=MODERATOR, scope="admin:read", params=MeasuresParams, tx="read")
async def show_measures(call: Call[MeasuresParams]) -> list[AdminMeasure]:
    params, span = call.params, _parse_span(call.params)
    wanted = [name for name in dict.fromkeys(params.keys) if name in measures.NAMES]
    return [
        render_admin_measure(await measures.load_measure(call.tx, name, span, _find_subject(params, name)))
        for name in wanted
    ]


@routes.post("/api/v1/admin/dimensions", auth=MODERATOR, scope="admin:read", params=MeasuresParams, tx="read")
async def show_dimensions(call: Call[MeasuresParams]) -> list[AdminDimension]:
    """Return dimensions of a span, by default of the last thirty days."""
    params, now = call.params, call.tx.now
    span = measures.to_span(now - MONTH_MS, now)
    if params.start_at or params.end_at:
        span = _parse_span(params)
    limit = max(1, min(params.limit, 100))
    rendered = []
    for name in dict.fromkeys(params.keys):
        if name in dimensions.NAMES:
            entries = await dimensions.load_dimension(
                call.tx, call.site.links.domain, name, span, _find_subject(params, name), limit
            )
            rendered.append(render_admin_dimension(name, entries))
    return rendered


@routes.post("/api/v1/admin/retention", auth=MODERATOR, scope="admin:read", params=RetentionParams, tx="read")
async def show_retention(call: Call[RetentionParams]) -> list[AdminCohort]:
    """Return how many newcomers stayed; nothing without a span, as documented."""
    params = call.params
    if not params.start_at or not params.end_at:
        return []
    start, end = _parse_moment(params.start_at, "start_at"), _parse_moment(params.end_at, "end_at")
    unit = "month" if params.frequency == "month" else "day"
    return [render_admin_cohort(cohort) for cohort in await measures.list_cohorts(call.tx, start, end, unit)]
