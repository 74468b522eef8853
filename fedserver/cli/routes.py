"""`fedserver routes`: the HTTP routes of a node."""

from __future__ import annotations

from pathlib import Path

import click

from fedserver.cli.configuration import config_option, read_config
from fedserver.cli.language import command, json_option, print_json
from fedserver.node import list_endpoints


@command()
@json_option
@config_option
def routes(config_path: Path | None, as_json: bool) -> None:
    """List every HTTP route with its scope and role."""
    if config_path is not None:
        read_config(config_path)  # it has no influence on routes, but a wrong one shall not pass unseen
    rows = sorted(
        (route.path, route.method, route.auth, route.scope, route.surface, route.audience)
        for route in list_endpoints()
    )
    if as_json:
        names = ("path", "method", "auth", "scope", "surface", "audience")
        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    for path, method, auth, scope, surface, audience in rows:
        click.echo(f"{method:6} {path:55} {auth:10} {scope or '-':28} {surface:10} {audience}")
