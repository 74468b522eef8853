"""The `fedserver` command."""

from __future__ import annotations

import click


@click.group()
def main() -> None:
    """A community server that its members own."""
