"""The server of a guest: where it asks what to do with a post or an account of this node.

It says so in WebFinger (OStatus 1.0, section 6); Mastodon's address is the fallback.
"""

from __future__ import annotations

from typing import Any

from addresses.handles import parse_handle
from addresses.hosts import normalize_host
from fedserver.domain.kernel.errors import InvalidError
from fedserver.text.locales import gettext
from fedserver.web.endpoint import Call


async def find_template(call: Call[Any], text: str) -> str:
    """Return the template of the address for a handle or the name of a server. Raises InvalidError."""
    name = text.lower().removeprefix("https://").removeprefix("http://").partition("/")[0]
    handle = parse_handle(text.removeprefix("@")) if "@" in text else None
    host = handle.domain if handle is not None else "" if "@" in text else normalize_host(name)
    if not host or "." not in host:
        message = gettext("Please write your handle, such as @name@example.org, or the name of a server.")
        raise InvalidError("handle", "is neither a handle nor a server", message=message)
    if call.site.links.find_account_domain(host) == "":
        message = gettext("You are on this server already. Please log in to go on.")
        raise InvalidError("handle", "is of this server", message=message)
    fallback = f"https://{host}/authorize_interaction?uri={{uri}}"
    if handle is None:
        return fallback
    template = await call.services.resolver.find_interaction_template(handle)
    if template is None:
        message = gettext(
            "%(server)s did not find this handle. Please check the spelling, or write the server alone.",
            server=host,
        )
        raise InvalidError("handle", "is not known by its server", message=message)
    return template or fallback
