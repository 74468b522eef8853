"""Modules that only some nodes or requests need: loaded when one of their names is first asked for.

A passkey library is 7 MB of a node that may never see a passkey.
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
    """What stands for the module `name`; one that is missing is told at its first use."""
    return _LazyModule(name)
