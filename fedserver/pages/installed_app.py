"""The pages as an app that a device installs: manifest, service worker, and the page without a network."""

from __future__ import annotations

from typing import Any

from aiohttp import hdrs, web

from fedserver.text.locales import current_locale, direction, gettext
from fedserver.web.appearance.palette import build_light
from fedserver.web.appearance.stylesheet import stylesheet_url
from fedserver.web.endpoint import EVERYONE, Call, NoParams, Routes
from fedserver.web.html import STATIC, hash_file, mark_language, static_url
from fedserver.web.json import encode, json_response

routes = Routes("pages")
# A device shapes the last one as it likes: what counts is within the middle (W3C, Web Application Manifest).
ICONS = (
    ("icon.svg", "any", "image/svg+xml", "any"),
    ("icon-192.png", "192x192", "image/png", "any"),
    ("icon-512.png", "512x512", "image/png", "any"),
    ("icon-maskable-512.png", "512x512", "image/png", "maskable"),
)
# What a page needs to look right without a network.
SHELL_FILES = (
    "vendor/htmx.min.js",
    "fedserver.js",
    "device.js",
    "vendor/icons.svg",
    "icon.svg",
    "icon-192.png",
)
MAX_SHORT_NAME = 12  # characters below an icon; devices cut longer ones


@routes.get("/manifest.json", tx="own", audience=EVERYONE)
async def show_manifest(call: Call[NoParams]) -> web.Response:
    """Return the manifest with which devices install the pages as an app (W3C, Web Application Manifest)."""
    community = call.site.config.community
    colors = build_light(community.hue)

    def shortcut(name: str, path: str) -> dict[str, Any]:
        icon = {"src": static_url("icon-192.png"), "sizes": "192x192", "type": "image/png"}
        return {"name": name, "url": path, "icons": [icon]}

    body: dict[str, Any] = {
        "id": "/home",
        "name": community.title,
        "short_name": community.title[:MAX_SHORT_NAME],
        "description": community.description,
        "lang": current_locale(),
        "dir": direction(current_locale()),
        "start_url": "/home",
        "scope": "/",
        "display": "standalone",
        "background_color": colors.page.css,
        "theme_color": colors.accent.css,
        "categories": ["social"],
        "icons": [
            {"src": static_url(name), "sizes": sizes, "type": kind, "purpose": purpose}
            for name, sizes, kind, purpose in ICONS
        ],
        "shortcuts": [
            shortcut(gettext("Write"), "/write"),
            shortcut(gettext("Notifications"), "/notifications"),
        ],
        "share_target": {
            "action": "/write",
            "method": "GET",
            "params": {"title": "title", "text": "text", "url": "url"},
        },
    }
    response = json_response(
        body, kind="application/manifest+json", headers={"Cache-Control": "max-age=3600"}
    )
    mark_language(response)
    return response


@routes.get("/service-worker.js", tx="own", limit="peers", audience=EVERYONE, no_token=True)
async def show_service_worker(call: Call[NoParams]) -> web.Response:
    """Return the service worker, and before it what it keeps.

    When a file changes, so does the worker, and browsers replace it: they compare it byte by byte at each
    visit (W3C, Service Workers, "Update").
    """
    community = call.site.config.community
    files = [stylesheet_url(community.hue), *(static_url(name) for name in SHELL_FILES)]
    worker = (STATIC / "service-worker.js").read_text(encoding="utf-8")
    version = hash_file((worker + "".join(files)).encode())
    shell = {"version": version, "files": files, "title": community.title, "icon": static_url("icon-192.png")}
    return web.Response(
        text=f"const SHELL = {encode(shell).decode()};\n{worker}",
        content_type="text/javascript",
        charset="utf-8",
        headers={hdrs.CACHE_CONTROL: "no-cache", "X-Content-Type-Options": "nosniff"},
    )


@routes.get("/offline", html=True, tx="own", audience=EVERYONE)
async def show_offline(call: Call[NoParams]) -> web.StreamResponse:
    """Show the page that a device keeps for when there is no network, which names no member."""
    values = {"me": None, "csrf": "", "here": "", "htmx": False}
    return call.services.pages.render_response("offline.html", values)
