"""`fedserver routes`: the HTTP routes of a node."""

from __future__ import annotations

import click

from fedserver.cli.language import command
from fedserver.node import list_endpoints


@command()
def routes() -> None:
    """List every HTTP route with its scope and role."""
    rows = sorted(
        (route.path, route.method, route.auth, route.scope, route.surface, route.audience)
        for route in list_endpoints()
    )
    for path, method, auth, scope, surface, audience in rows:
        click.echo(f"{method:6} {path:55} {auth:10} {scope or '-':28} {surface:10} {audience}")
