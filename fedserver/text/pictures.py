"""Pictures inside HTML: with the addresses of our proxy, so that readers stay unknown, or as links."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from fedserver.text.html_parts import HtmlPart, split_html


def replace_pictures(html: str, to_address: Callable[[str], str]) -> str:
    """Return sanitized HTML whose pictures have the address that `to_address` returns for their own."""
    if "<img" not in html:
        return html
    return "".join(_replace_address(part, to_address) for part in split_html(html))


def _replace_address(part: HtmlPart, to_address: Callable[[str], str]) -> str:
    return part.replace_attribute("src", to_address) if part.name == "img" else part.source


def link_pictures(html: str) -> str:
    """Return sanitized HTML with a link in the place of each picture, as short posts show none.

    The label is the picture's description, or its address.
    """
    if "<img" not in html:
        return html
    sources, is_linked = [], False
    for part in split_html(html):
        if part.name == "a":
            is_linked = not part.closes
        sources.append(part.source if part.name != "img" else _render_link(part, is_linked=is_linked))
    return "".join(sources)


def _render_link(picture: HtmlPart, *, is_linked: bool) -> str:
    address = picture.attribute("src") or ""
    label = escape(picture.attribute("alt") or address, quote=False)
    if is_linked or not address:
        return label
    return f'<a href="{escape(address)}" rel="nofollow noopener">{label}</a>'
