"""Commands for operators."""

from fedserver.cli.commands import main

__all__ = ["main"]
