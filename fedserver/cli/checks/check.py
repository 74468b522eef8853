"""`fedserver check`: find problems of this node, and say how to solve them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import click

from fedserver.cli.checks import machine, public_address, services
from fedserver.cli.checks.secret_files import find_open_files
from fedserver.cli.checks.surroundings import Surroundings
from fedserver.cli.configuration import choose_config_path
from fedserver.cli.language import command, json_option, print_json
from fedserver.cli.settings import async_command, config_option, load_settings, read_config
from fedserver.text.locales import LazyText, gettext, lazy_gettext, ngettext, translate

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


@command()
@json_option
@config_option
@async_command
async def check(config_path: Path | None, as_json: bool) -> None:
    """Check the configuration and surroundings of this node.

    The exit status is 1 if there is a problem.
    """
    config, path = await load_settings(read_config(config_path)), choose_config_path(config_path)
    surroundings = Surroundings(config)
    check_secrets = partial(machine.check_secret_files, config_path=path)
    checks: tuple[Check, ...] = (("secrets", lazy_gettext("files with secrets"), check_secrets), *CHECKS)
    warning = " ".join(
        translate(file.text) for file in find_open_files(config, path) if not file.holds_secret
    )
    results = [{"name": "configuration", "ok": True, "problem": "", "warning": warning}]
    if not as_json:
        _print_result(gettext("configuration"), "", warning)
    for key, name, run in checks:
        problem = await find_problem(run, surroundings)
        results.append({"name": key, "ok": not problem, "problem": problem, "warning": ""})
        if not as_json:
            _print_result(str(name), problem)
    if as_json:
        print_json(results)
    problems = sum(not result["ok"] for result in results)
    if problems:
        raise click.ClickException(
            ngettext(
                "%(count)s of %(total)s checks found a problem.",
                "%(count)s of %(total)s checks found a problem.",
                problems,
                count=problems,
                total=len(results),
            )
        )


async def find_problem(run: Callable[[Surroundings], Awaitable[None]], surroundings: Surroundings) -> str:
    """Return the problem that a check finds in one line, '' for none."""
    try:
        await run(surroundings)
    except Exception as error:
        # Any error of a check is a problem of the node.
        return " ".join(str(error).split()) or type(error).__name__
    return ""


def _print_result(name: str, problem: str, warning: str = "") -> None:
    """Write the line of a check; a warning is not counted as a problem."""
    if problem:
        state, colour = gettext("wrong"), "red"
    else:
        state, colour = gettext("ok"), "yellow" if warning else "green"
    click.echo(
        ": ".join(filter(None, (f"{click.style(f'{state:5}', fg=colour)} {name}", problem or warning)))
    )
