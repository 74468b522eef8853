"""The page about apps: the address to type or scan, which apps there are, and how to log in with them."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.web.appearance.qr_codes import render_qr_code
from fedserver.web.endpoint import EVERYONE, Call, Routes

routes = Routes("pages")


class ClientApp(Struct, frozen=True):
    """An app for Mastodon that works here, and where it is found."""

    name: str
    url: str


class Platform(Struct, frozen=True):
    """The apps for one kind of device."""

    name: str  # of a product; 'web' and 'terminal' are words that the page has in the reader's language
    apps: tuple[ClientApp, ...]


PLATFORMS = (
    Platform(
        "Android",
        (
            ClientApp("Tusky", "https://tusky.app"),
            ClientApp("Pachli", "https://pachli.app"),
            ClientApp("Mastodon", "https://joinmastodon.org/apps"),
        ),
    ),
    Platform(
        "iPhone, iPad",
        (
            ClientApp("Ice Cubes", "https://apps.apple.com/app/ice-cubes-for-mastodon/id6444915884"),
            ClientApp("Ivory", "https://apps.apple.com/app/ivory-for-mastodon-by-tapbots/id6444602274"),
            ClientApp("Mastodon", "https://joinmastodon.org/apps"),
        ),
    ),
    Platform("web", (ClientApp("Phanpy", "https://phanpy.social"), ClientApp("Elk", "https://elk.zone"))),
    Platform(
        "Windows, macOS, Linux",
        (
            ClientApp("Whalebird", "https://whalebird.social"),
            ClientApp("Tuba", "https://tuba.geopjr.dev"),
        ),
    ),
    Platform("terminal", (ClientApp("toot", "https://toot.bezdomni.net"),)),
)


class AppsParams(Struct, frozen=True):
    """`welcome` comes after the first steps, which end here."""

    welcome: bool = False


@routes.get("/apps", html=True, params=AppsParams, tx="own", audience=EVERYONE)
async def show(call: Call[AppsParams]) -> web.StreamResponse:
    return call.render(
        "apps.html",
        platforms=PLATFORMS,
        qr=render_qr_code(call.site.links.base),
        welcome=call.params.welcome and call.principal is not None,
    )
