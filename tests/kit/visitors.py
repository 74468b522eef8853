"""A person in a browser without JavaScript: opens pages, fills in forms, follows redirects of this node."""

from __future__ import annotations

from typing import Any

import aiohttp

from tests.kit.forms import find_form, parse_forms, send_form
from tests.kit.nodes import PASSWORD, TestNode


class VisitedPage:
    """The address at which a visit ended, and the page there."""

    def __init__(self, status: int, path: str, text: str) -> None:
        self.status = status
        self.path = path
        self.text = text


class Visitor:
    """One browser with cookies of its own."""

    def __init__(self, node: TestNode) -> None:
        self.node = node
        self.http: aiohttp.ClientSession = node.open_browser()

    async def open(self, path: str) -> VisitedPage:
        async with self.http.get(path, allow_redirects=False) as answer:
            return await self._follow_redirects(answer)

    async def _follow_redirects(self, answer: aiohttp.ClientResponse) -> VisitedPage:
        """Follow what stays on the node; an address elsewhere is where the way ends."""
        location = answer.headers.get("Location", "")
        if answer.status in (301, 302, 303) and location.startswith("/"):
            return await self.open(location)
        text = await answer.text()
        return VisitedPage(answer.status, location or answer.url.raw_path_qs, text)

    async def visit(self, address: str) -> VisitedPage:
        """Open an address anywhere, and come back if it leads here."""
        async with self.http.get(address, allow_redirects=False) as answer:
            location = answer.headers.get("Location", "")
            if location.startswith(self.node.base + "/"):
                return await self.open(location.removeprefix(self.node.base))
            return await self._follow_redirects(answer)

    async def fill_in(self, page: str | VisitedPage, field: str, **values: Any) -> VisitedPage:
        """Send the form that has `field`, from a page or its path."""
        shown = await self.open(page) if isinstance(page, str) else page
        filled = find_form(shown.text, field)
        base = self.node.base
        answer = await send_form(self.http, base, base + shown.path, filled, **values)
        page = await self._follow_redirects(answer)
        asks = "ask" in filled.values and any(form.action == filled.action for form in parse_forms(page.text))
        return await self.submit_action(page, filled.action) if asks and page.status == 200 else page

    async def submit_action(self, page: str | VisitedPage, action: str, **values: Any) -> VisitedPage:
        """Send the form that leads to `action`."""
        shown = await self.open(page) if isinstance(page, str) else page
        found = next(form for form in parse_forms(shown.text) if form.action == action)
        answer = await send_form(self.http, self.node.base, self.node.base + shown.path, found, **values)
        page = await self._follow_redirects(answer)
        return await self.submit_action(page, action) if "ask" in found.values else page

    async def log_in(self, name: str, password: str = PASSWORD, path: str = "/login") -> VisitedPage:
        return await self.fill_in(path, "password", username=name, password=password)

    async def is_logged_in(self) -> bool:
        """Return True if this browser is logged in."""
        async with self.http.get("/settings/apps", allow_redirects=False) as answer:
            return answer.status == 200


async def log_in_visitor(node: TestNode, name: str) -> Visitor:
    """Return a browser in which the member with that name is logged in."""
    visitor = Visitor(node)
    await visitor.log_in(name)
    return visitor
