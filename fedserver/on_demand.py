"""Modules that only some nodes or requests need: loaded when one of their names is first used.

The library for passkeys takes 7 MB of a node that may never see a passkey.
"""

from __future__ import annotations

import importlib
from typing import Any


class _LazyModule:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)


def on_demand(name: str) -> Any:
    """Return a stand-in for the module `name`; its first use raises ModuleNotFoundError if it is missing."""
    return _LazyModule(name)
