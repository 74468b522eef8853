"""Other web sites for tests: real HTTPS on loopback under a name that the nodes of the test know."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.kit import tls


class StubSite:
    """`async with Site(names, "news.test", {"/a": "<html>…"}) as site`; `asked` are the paths."""

    def __init__(
        self, names: tls.LoopbackResolver, host: str, pages: Mapping[str, str | web.Response]
    ) -> None:
        self._names = names
        self._host = host
        self.pages = dict(pages)
        self.requested_paths: list[str] = []
        application = web.Application()
        application.router.add_get("/{path:.*}", self._serve_page)
        self._runner = web.AppRunner(application, access_log=None)

    async def _serve_page(self, request: web.Request) -> web.StreamResponse:
        self.requested_paths.append(request.path_qs)
        page = self.pages.get(request.path_qs)
        if page is None:
            return web.Response(status=404, text="<title>Nothing here</title>", content_type="text/html")
        if isinstance(page, str):
            return web.Response(text=page, content_type="text/html")
        known = request.headers.get("If-None-Match")
        return (
            web.Response(status=304) if known and known == page.headers.get("ETag") else _copy_response(page)
        )

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=tls.server_context(self._host))
        await site.start()
        self._names.ports[self._host] = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        await self._runner.cleanup()


def _copy_response(page: web.Response) -> web.Response:
    """Return a copy of a response: each can be sent once only."""
    return web.Response(body=page.body, status=page.status, headers=page.headers)
