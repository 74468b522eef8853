"""Honest stubs: addresses that clients ask at start and that answer "nothing", because nothing is there yet.

The README lists them. A feature that comes takes its line out of this table.
"""

from __future__ import annotations

from typing import Any

from fedserver.domain.kernel.errors import NotFound
from fedserver.web.endpoint import USER, Call, Nothing, Routes

routes = Routes("client_api")
REPORTS = "/api/v1/annual_reports"
STUBS = {
    REPORTS: "annual reports: clients see that there are none",
    f"{REPORTS}/{{year}}": "annual reports",
    f"{REPORTS}/{{year}}/state": "annual reports: nobody is eligible",
    f"{REPORTS}/{{year}}/read": "annual reports",
    f"{REPORTS}/{{year}}/generate": "annual reports",
}


@routes.get(REPORTS, who=USER, scope="read:accounts", tx="own")
async def no_reports(call: Call[Nothing]) -> dict[str, list[Any]]:
    return {"annual_reports": [], "accounts": [], "statuses": []}


@routes.get(REPORTS + "/{year}/state", who=USER, scope="read:accounts", tx="own")
async def not_eligible(call: Call[Nothing]) -> dict[str, str]:
    return {"state": "ineligible"}


@routes.get(REPORTS + "/{year}", who=USER, scope="read:accounts", tx="own")
async def no_report(call: Call[Nothing]) -> dict[str, list[Any]]:
    raise NotFound


@routes.post(
    REPORTS + "/{year}/read", REPORTS + "/{year}/generate", who=USER, scope="write:accounts", tx="own"
)
async def nothing_to_do(call: Call[Nothing]) -> dict[str, str]:
    raise NotFound
