"""What every template knows: the community, and small functions for times, pictures and members."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from fedserver.domain.accounts import identity_proofs
from fedserver.domain.auth import members
from fedserver.domain.kernel.context import Caller, Site
from fedserver.domain.timelines import interaction_policies
from fedserver.web.html import static_url
from storage.rows.accounts import AccountRow
from storage.rows.content import MediaRow

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def values(site: Site, clock: Callable[[], int]) -> dict[str, Any]:
    """The names for `Pages`."""
    links = site.links

    def avatar(row: AccountRow) -> str:
        remote = links.remote(row.id, "avatar", row.avatar_url)
        return links.media(row.avatar_key) if row.avatar_key else remote or static_url("avatar.png")

    def header(row: AccountRow) -> str:
        remote = links.remote(row.id, "header", row.header_url)
        return links.media(row.header_key) if row.header_key else remote or static_url("header.png")

    def own_avatar(caller: Caller) -> str:
        return avatar(caller.account) if caller.account else static_url("avatar.png")

    def theme(caller: Caller) -> str:
        return members.settings(caller.member).theme if caller.member else "auto"

    def file_url(row: MediaRow, *, small: bool = False) -> str:
        key = row.preview_key if small and row.preview_key else row.file_key
        if key:
            return links.media(key)
        if row.kind == "unknown":
            return row.remote_url
        return links.remote(row.id, "small" if small else "original", row.remote_url)

    def page_of(view: Any) -> str:
        """Where a post is shown here: its own page, or our view of a peer's."""
        row = view.post
        if row.local:
            return str(row.url.removeprefix(links.base))
        return f"/@{view.account.handle}/{row.id}"

    def ago(moment: int) -> str:
        return _ago(clock() - moment, moment)

    def ahead(moment: int) -> str:
        return _span(max(0, moment - clock()))

    return {
        **PLAIN,
        "community": site.config.community,
        "links": links,
        "avatar": avatar,
        "header": header,
        "own_avatar": own_avatar,
        "theme": theme,
        "file_url": file_url,
        "card_picture": lambda row: links.remote(row.id, "card", row.image_url),
        "emoji": lambda url: links.emoji(url, "small"),
        "page_of": page_of,
        "ago": ago,
        "ahead": ahead,
        "joinable": lambda: site.config.registration.mode in ("open", "approval"),
        "limits": site.config.limits,
        "oidc": site.config.oidc,
    }


def iso(moment: int) -> str:
    """A moment for `<time datetime>`."""
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


PLAIN: dict[str, Any] = {
    "iso": iso,
    "safe": Markup,
    "host_of": lambda url: urlsplit(url).hostname or "",
    "keys_of": identity_proofs.of,
    "who_may_reply": interaction_policies.who_may_reply,
}


def _span(span: int) -> str:
    if span < HOUR:
        return f"{span // MINUTE + 1} min"
    return f"{span // HOUR} h" if span < DAY else f"{span // DAY} d"


def _ago(span: int, moment: int) -> str:
    if span < MINUTE:
        return "now"
    if span < HOUR:
        return f"{span // MINUTE} min"
    if span < DAY:
        return f"{span // HOUR} h"
    if span < 7 * DAY:
        return f"{span // DAY} d"
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%-d %b %Y")
