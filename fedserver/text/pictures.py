"""Pictures inside HTML get other addresses, so that readers load them from where they read."""

from __future__ import annotations

from collections.abc import Callable

from fedserver.text.html_parts import HtmlPart, split_html


def replace_pictures(html: str, to_address: Callable[[str], str]) -> str:
    """Return sanitized HTML whose pictures have the address that `to_address` returns for their own."""
    if "<img" not in html:
        return html
    return "".join(_replace_address(part, to_address) for part in split_html(html))


def _replace_address(part: HtmlPart, to_address: Callable[[str], str]) -> str:
    return part.replace_attribute("src", to_address) if part.name == "img" else part.source
