"""`fedserver routes`: what can be asked, and by whom."""

from __future__ import annotations

import click

from fedserver.node import list_endpoints


@click.command()
def routes() -> None:
    """List every HTTP route with its scope and role."""
    rows = sorted((each.path, each.method, each.auth, each.scope, each.surface) for each in list_endpoints())
    for path, method, who, scope, surface in rows:
        click.echo(f"{method:6} {path:55} {who:10} {scope or '-':28} {surface}")
