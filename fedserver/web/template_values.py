"""The names in every template: the community, and small functions for times, images and members."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Protocol

from markupsafe import Markup, escape

from addresses.hosts import parse_origin, to_unicode
from fedserver.domain.accounts import identity_proofs
from fedserver.domain.content import emojis, post_texts
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.timelines import interaction_policies
from fedserver.links import Links
from fedserver.text import locales
from fedserver.web.appearance.faces import find_initials, render_face, render_icon
from fedserver.web.appearance.post_values import build_can_translate, build_post_values, find_answered_handle
from fedserver.web.appearance.reader_values import READER_VALUES
from fedserver.web.appearance.setting_values import build_setting_values
from fedserver.web.html import static_url
from storage.rows.accounts import AccountRow
from storage.rows.content import MediaRow


def build_values(site: NodeContext, clock: Callable[[], int]) -> dict[str, Any]:
    """Return the names that need the node, and `STATIC_VALUES`."""
    links = site.links

    def own_picture(row: AccountRow) -> str:
        remote = links.remote_media(row.id, "avatar", row.avatar_url)
        return links.media(row.avatar_key) if row.avatar_key else remote

    def face(row: AccountRow, size: str = "", alt: str = "") -> Markup:
        """Return the picture of an account, or its initials."""
        return render_face(row, own_picture(row), size, alt)

    def header(row: AccountRow) -> str:
        remote = links.remote_media(row.id, "header", row.header_url)
        return links.media(row.header_key) if row.header_key else remote or static_url("header.png")

    def file_url(row: MediaRow, *, small: bool = False) -> str:
        if key := row.preview_key if small and row.preview_key else row.file_key:
            return links.media(key)
        if row.kind == "unknown":
            return row.remote_url
        return links.remote_media(row.id, "small" if small else "original", row.remote_url)

    def post_path(view: Any) -> str:
        """Return the path of a post on this node, also for a post of a peer."""
        row = view.post
        if row.local:
            return str(row.url.removeprefix(links.base))
        return f"/@{view.account.handle}/{row.id}"

    def when(moment: int) -> Markup:
        """Return an element for the inside of a sentence: how long ago it was, and when exactly."""
        return render_time(moment, locales.format_relative(moment, clock()))

    with_emojis = partial(render_emojis, links)
    return {
        **STATIC_VALUES,
        **build_post_values(links),
        **build_setting_values(site),
        "links": links,
        "avatar": lambda row: own_picture(row) or static_url("avatar.png"),
        "face": face,
        "header": header,
        "file_url": file_url,
        "card_picture": lambda row: links.remote_media(row.id, "card", row.image_url),
        "emoji": lambda url: links.emoji(url, "small"),
        "post_html": lambda row: with_emojis(row, Markup(post_texts.render_page_html(links, row))),
        "with_emojis": with_emojis,
        "name_of": lambda view: with_emojis(view.account, view.name),
        "post_path": post_path,
        "when": when,
        # For the inside of a sentence: how long it is until a time.
        "ahead_element": lambda moment: render_time(moment, locales.format_duration(moment - clock())),
        "can_translate": build_can_translate(has_service=bool(site.config.translation.url)),
        "oidc": site.config.oidc,
        "source_url": site.source_url,
    }


class HasEmojis(Protocol):
    """An account, a post or an announcement."""

    @property
    def emojis(self) -> str:
        """The custom emoji of its texts, as JSON."""
        ...


def render_emojis(links: Links, row: HasEmojis, text: str) -> Markup:
    """Return a text, or safe HTML, with pictures for the custom emoji of its account, post or announcement.

    It is HTML, so not for the value of an attribute.
    """
    return Markup(emojis.render(links, row.emojis, str(escape(text))))


def format_iso(moment: int) -> str:
    """Return a time as `<time datetime>` takes it."""
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def render_time(moment: int, text: str) -> Markup:
    """Return a time as machines read it, around what people read."""
    return Markup('<time datetime="{}">{}</time>').format(format_iso(moment), text)


def render_day(text: str) -> Markup:
    """Return the day of a time that is written as machines read it."""
    moment = int(datetime.fromisoformat(text).timestamp() * 1000)
    return render_time(moment, locales.format_date(moment))


@cache
def list_languages() -> tuple[tuple[str, str], ...]:
    """Return the codes and own names of the languages to choose from."""
    return tuple((code, locales.own_name(code)) for code in locales.SUPPORTED)


def _show_host(url: str) -> str:
    """Return the host of an address as people read it, '' if it has none."""
    origin = parse_origin(url)
    return to_unicode(origin[1]) if origin is not None else ""


STATIC_VALUES: dict[str, Any] = {
    **READER_VALUES,
    "icon": render_icon,
    "translated": locales.translate,
    "initials": find_initials,
    "iso": format_iso,
    "day": lambda moment: render_time(moment, locales.format_date(moment)),
    "day_of": render_day,
    "exact_time": lambda moment: render_time(moment, locales.format_datetime(moment)),
    "duration": locales.format_duration,
    "locale": locales.current_locale,
    "direction": lambda: locales.direction(locales.current_locale()),
    "languages": list_languages,
    "number": locales.format_number,
    "percent": locales.format_percent,
    "file_size": locales.format_size,
    "file_limit": locales.format_limit,
    "joined": locales.format_list,
    "safe": Markup,
    "host_of": _show_host,
    "keys_of": identity_proofs.list_by_account,
    "warning_of": lambda post: post_texts.find_warning(post.kind, post.summary, sensitive=post.sensitive),
    "answered_handle": find_answered_handle,
    "who_may_reply": interaction_policies.get_reply_audience,
}
