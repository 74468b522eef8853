"""The elements of pages on one page, for developers: only where a node runs on their own machine."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.kernel.errors import NotFoundError
from fedserver.web.appearance.palette import Palette, build_dark, build_light
from fedserver.web.endpoint import EVERYONE, Call, NoParams, Routes

routes = Routes("pages")


def _list_roles(palette: Palette) -> list[tuple[str, str]]:
    return [(name, getattr(palette, name).css) for name in palette.__struct_fields__]


@routes.get("/styleguide", html=True, tx="own", audience=EVERYONE)
async def show_styleguide(call: Call[NoParams]) -> web.StreamResponse:
    """Return the page. Raises NotFoundError on a node that others can reach."""
    if call.site.config.node.base_url.startswith("https:"):
        raise NotFoundError
    hue = call.site.config.community.hue
    return call.render(
        "styleguide.html", themes=[_list_roles(build_light(hue)), _list_roles(build_dark(hue))]
    )
