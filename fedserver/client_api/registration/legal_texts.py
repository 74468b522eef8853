"""The privacy policy and the terms of service (docs.joinmastodon.org/methods/instance#privacy_policy)."""

from __future__ import annotations

from datetime import UTC, date, datetime

from msgspec import Struct

from fedserver.client_api.entities.times import to_iso
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.registration import legal_texts
from fedserver.web.endpoint import EVERYONE, Call, NoParams, Routes

routes = Routes("client_api")


class PrivacyPolicy(Struct, frozen=True):
    updated_at: str
    content: str


class TermsOfService(Struct, frozen=True):
    effective_date: str
    effective: bool
    content: str
    succeeded_by: str | None


@routes.get("/api/v1/instance/privacy_policy", tx="own", audience=EVERYONE)
async def show_privacy_policy(call: Call[NoParams]) -> PrivacyPolicy:
    policy = legal_texts.get_privacy_policy(call.site)
    return PrivacyPolicy(to_iso(policy.updated_at), policy.html)


@routes.get("/api/v1/instance/terms_of_service", tx="own", audience=EVERYONE)
async def show_current_terms(call: Call[NoParams]) -> TermsOfService:
    return _render_terms(call, None)


@routes.get("/api/v1/instance/terms_of_service/{date}", tx="own", audience=EVERYONE)
async def show_terms_of_date(call: Call[NoParams]) -> TermsOfService:
    try:
        return _render_terms(call, date.fromisoformat(call.text("date")))
    except ValueError as error:
        raise NotFoundError from error


def _render_terms(call: Call[NoParams], effective_on: date | None) -> TermsOfService:
    today = datetime.fromtimestamp(call.services.db.clock() / 1000, UTC).date()
    terms = legal_texts.get_terms(call.site, today, effective_on)
    successor = terms.succeeded_by.isoformat() if terms.succeeded_by else None
    return TermsOfService(terms.effective_from.isoformat(), terms.is_effective, terms.html, successor)
