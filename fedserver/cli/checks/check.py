"""`fedserver check`: find problems of this node, and say how to solve them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from fedserver.cli.configuration import choose_config_path
from fedserver.cli.language import command, json_option, print_json
from fedserver.cli.settings import async_command, config_option, load_settings, read_config
from fedserver.domain.kernel.access import list_contradictions
from fedserver.runtime.checks import machine
from fedserver.runtime.checks.registry import CHECKS, Check, find_problem
from fedserver.runtime.checks.secret_files import find_open_files
from fedserver.runtime.checks.surroundings import Surroundings
from fedserver.text.locales import gettext, lazy_gettext, ngettext, translate


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
    open_files = [translate(file.text) for file in find_open_files(config, path) if not file.holds_secret]
    warning = " ".join([*open_files, *list_contradictions(config)])
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


def _print_result(name: str, problem: str, warning: str = "") -> None:
    """Write the line of a check; a warning is not counted as a problem."""
    if problem:
        state, colour = gettext("wrong"), "red"
    else:
        state, colour = gettext("ok"), "yellow" if warning else "green"
    click.echo(
        ": ".join(filter(None, (f"{click.style(f'{state:5}', fg=colour)} {name}", problem or warning)))
    )
