"""All checks of a node, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fedserver.runtime.checks import machine, public_address, services
from fedserver.runtime.checks.surroundings import Surroundings
from fedserver.text.locales import LazyText, lazy_gettext

# Each raises an exception whose text is the problem. tests/cli/checks sees every one of them fail.
Check = tuple[str, LazyText, Callable[[Surroundings], Awaitable[None]]]
CHECKS: tuple[Check, ...] = (
    ("database", lazy_gettext("database"), machine.check_database),
    ("folders", lazy_gettext("folders and disks"), machine.check_folders),
    ("dns", lazy_gettext("DNS"), public_address.check_dns),
    ("node", lazy_gettext("running node"), public_address.check_running_node),
    ("public_address", lazy_gettext("reached from outside"), public_address.check_public_address),
    ("proxy_headers", lazy_gettext("headers through the proxy"), public_address.check_proxy_headers),
    ("websocket", lazy_gettext("WebSocket through the proxy"), public_address.check_websocket),
    (
        "event_stream",
        lazy_gettext("server-sent events through the proxy"),
        public_address.check_event_stream,
    ),
    ("upload_size", lazy_gettext("largest upload"), public_address.check_upload_size),
    ("clock", lazy_gettext("clock"), machine.check_clock),
    ("mail", lazy_gettext("mail"), services.check_mail),
    ("mail_queue", lazy_gettext("mail queue"), services.check_mail_queue),
    ("identity_provider", lazy_gettext("identity provider"), services.check_provider),
    ("translation", lazy_gettext("translation"), services.check_translator),
)


def list_checks() -> tuple[Check, ...]:
    """Return the checks with that of files with secrets, whose path of the configuration is not known."""
    secrets: Check = ("secrets", lazy_gettext("files with secrets"), machine.check_secret_files)
    return (secrets, *CHECKS)


def list_labels() -> dict[str, LazyText]:
    """Return the labels of the checks by their names."""
    return {name: label for name, label, _ in list_checks()}


async def find_problem(run: Callable[[Surroundings], Awaitable[None]], surroundings: Surroundings) -> str:
    """Return the problem that a check finds in one line, '' for none."""
    try:
        await run(surroundings)
    except Exception as error:
        # Any error of a check is a problem of the node.
        return " ".join(str(error).split()) or type(error).__name__
    return ""
