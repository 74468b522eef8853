"""The three functions of httpsig 1.3.0 that we use, and nothing else of it.

Its own verifier must never be called: it takes the algorithm from the sender's header, so a sender can
forge with `hmac-sha256` keyed by the public key (a test keeps watch). The package imports
`pkg_resources`, which newer setuptools do not have and older ones load slowly (10 MB): a stand-in is there
while it is imported.
"""

from __future__ import annotations

import importlib
import sys
import types


def _import_parts() -> types.ModuleType:
    name = "pkg_resources"
    missing = name not in sys.modules
    if missing:
        stand_in = types.ModuleType(name)
        stand_in.__dict__.update(
            get_distribution=lambda _name: types.SimpleNamespace(version="1.3.0"),
            DistributionNotFound=LookupError,
        )
        sys.modules[name] = stand_in
    try:
        return importlib.import_module("httpsig.utils")
    finally:
        if missing:
            del sys.modules[name]


_parts = _import_parts()
parse_signature_header = _parts.parse_signature_header
generate_message = _parts.generate_message
build_signature_template = _parts.build_signature_template
