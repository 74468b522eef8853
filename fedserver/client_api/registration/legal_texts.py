"""The privacy policy and the terms of service (docs.joinmastodon.org/methods/instance#privacy_policy)."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from fedserver.client_api.entities.times import to_iso
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.settings import legal_texts
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


@routes.get("/api/v1/instance/privacy_policy", audience=EVERYONE)
async def show_privacy_policy(call: Call[NoParams]) -> PrivacyPolicy:
    policy = await legal_texts.get(call.tx, call.site, legal_texts.PRIVACY)
    return PrivacyPolicy(to_iso(policy.updated_at), policy.html)


@routes.get("/api/v1/instance/terms_of_service", audience=EVERYONE)
async def show_current_terms(call: Call[NoParams]) -> TermsOfService:
    return await _render_terms(call, None)


@routes.get("/api/v1/instance/terms_of_service/{date}", audience=EVERYONE)
async def show_terms_of_date(call: Call[NoParams]) -> TermsOfService:
    try:
        return await _render_terms(call, date.fromisoformat(call.text("date")))
    except ValueError as error:
        raise NotFoundError from error


async def _render_terms(call: Call[NoParams], effective_on: date | None) -> TermsOfService:
    terms = await legal_texts.get(call.tx, call.site, legal_texts.TERMS, effective_on)
    if terms.effective_from is None:
        raise NotFoundError
    successor = terms.succeeded_by.isoformat() if terms.succeeded_by else None
    return TermsOfService(terms.effective_from.isoformat(), terms.is_effective, terms.html, successor)
