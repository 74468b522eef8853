"""Documents that list code say what the code says."""

from __future__ import annotations

import hashlib
import re
import tomllib
from itertools import chain
from pathlib import Path

from fedserver.client_api.stubs import STUBS
from tools import api_page

ROOT = Path(__file__).parents[2]


def test_readme_lists_the_stubs() -> None:
    text = (ROOT / "README.md").read_text()
    table = text.partition("<!-- stubs -->")[2].partition("<!-- /stubs -->")[0]
    listed = dict(re.findall(r"\| `([^`]+)` \| ([^|]+) \|", table))
    assert {path: why.strip() for path, why in listed.items()} == STUBS


def test_changelog_names_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    releases = re.findall(r"^## \[(\d[^\]]*)\] - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert releases[0] == version


def test_dependencies_have_each_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    names = {re.split(r"[\[<>=;! ]", requirement)[0] for requirement in wanted}
    text = (ROOT / "docs" / "dependencies.md").read_text()
    assert set(re.findall(r"^\| ([\w.-]+) \|", text, re.M)) - {"package", "---"} == names


def test_vendored_files_match_their_hashes() -> None:
    folder = ROOT / "fedserver" / "web" / "static" / "vendor"
    listed = tomllib.loads((folder / "vendor.toml").read_text())["file"]
    for vendored in listed:
        data = (folder / vendored["name"]).read_bytes()
        assert hashlib.sha512(data).hexdigest() == vendored["sha512"], vendored["name"]


def test_api_page_matches_the_declared_endpoints() -> None:
    assert api_page.PAGE.read_text() == api_page.render_page(), "run: python tools/api_page.py"
