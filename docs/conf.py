"""How Sphinx builds the documentation site: `make docs`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]

project = PROJECT["name"]
author = "the fedserver contributors"
copyright = author
release = PROJECT["version"]

extensions = ["myst_parser"]
# Every heading down to the third level can be the target of a link.
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"{project} {release}"
# Readers of the documentation are not reported to anyone: nothing is loaded from elsewhere.
html_show_sphinx = False


def check_addresses(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Warn of links to other sites whose address is malformed.

    Whether it answers is not checked, as a build must not depend on other people's servers.
    """
    for link in tree.findall(nodes.reference):
        address = link.get("refuri", "")
        if "://" in address and not is_well_formed(address):
            logging.getLogger(__name__).warning("malformed address: %s", address, location=(page, link.line))


def is_well_formed(address: str) -> bool:
    """Return whether an address is https (or http on loopback), names a host and holds no blanks."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if host in ("localhost", "127.0.0.1"):
        return parts.scheme in ("http", "https")
    return parts.scheme == "https" and "." in host.strip(".") and not any(map(str.isspace, address))


def setup(app: Sphinx) -> None:
    """Register the check of addresses."""
    app.connect("doctree-resolved", check_addresses)
