"""Stubs: endpoints that clients ask for at their start, for features that do not exist here yet.

The README lists them; a feature that is added removes its lines.
"""

from __future__ import annotations

from typing import Any

from fedserver.domain.kernel.errors import NotFoundError
from fedserver.web.endpoint import USER, Call, NoParams, Routes

routes = Routes("client_api")
ANNUAL_REPORTS = "/api/v1/annual_reports"
STUBS = {
    ANNUAL_REPORTS: "annual reports: clients see that there are none",
    f"{ANNUAL_REPORTS}/{{year}}": "annual reports",
    f"{ANNUAL_REPORTS}/{{year}}/state": "annual reports: nobody is eligible",
    f"{ANNUAL_REPORTS}/{{year}}/read": "annual reports",
    f"{ANNUAL_REPORTS}/{{year}}/generate": "annual reports",
}


@routes.get(ANNUAL_REPORTS, auth=USER, scope="read:accounts", tx="own")
async def list_annual_reports(call: Call[NoParams]) -> dict[str, list[Any]]:
    return {"annual_reports": [], "accounts": [], "statuses": []}


@routes.get(ANNUAL_REPORTS + "/{year}/state", auth=USER, scope="read:accounts", tx="own")
async def show_eligibility(call: Call[NoParams]) -> dict[str, str]:
    return {"state": "ineligible"}


@routes.get(ANNUAL_REPORTS + "/{year}", auth=USER, scope="read:accounts", tx="own")
async def show_annual_report(call: Call[NoParams]) -> dict[str, list[Any]]:
    raise NotFoundError


@routes.post(
    ANNUAL_REPORTS + "/{year}/read",
    ANNUAL_REPORTS + "/{year}/generate",
    auth=USER,
    scope="write:accounts",
    tx="own",
)
async def update_annual_report(call: Call[NoParams]) -> dict[str, str]:
    raise NotFoundError
