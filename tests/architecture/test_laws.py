"""The laws hold, and each is seen to fail on a planted breach: a law that cannot fail protects nothing."""

from __future__ import annotations

from functools import cache
from statistics import mean, median

import pytest

from tests.architecture import laws
from tests.architecture.source_tree import ROOT, SourceTree

DOC = '"""Planted."""\n'


@cache
def real() -> SourceTree:
    return SourceTree.load()


@pytest.mark.parametrize("law", laws.LAWS, ids=lambda law: law.__name__)
def test_law_holds_for_the_tree(law: laws.Law) -> None:
    assert law(real()) == []


def test_cited_specs_are_listed_in_the_docs() -> None:
    index = (ROOT / "docs" / "specs.md").read_text()
    assert laws.find_uncited_specs(real(), index) == []
    assert laws.find_uncited_specs(real(), index.replace("RFC 9421", "")) == ["RFC 9421"]


def many(count: int) -> str:
    """Return imports of that many modules of ours."""
    names = [name for name in real().texts if name.startswith("fedserver.domain.") and name.count(".") == 3]
    return DOC + "".join(f"import {name}\n" for name in names[:count])


BREACHES = {
    "find_cycles": ("storage.cache", DOC + "import importlib\nimportlib.import_module('storage.engine')\n"),
    "find_arrows_between_contexts": (
        "fedserver.domain.kernel.planted",
        DOC + "from fedserver.domain.posts import likes\n",
    ),
    "find_open_doors": ("fedserver.domain.posts", DOC + "from fedserver.domain.posts import likes\n"),
    "find_late_imports": ("fedserver.planted", DOC + "def f() -> None:\n    import json\n"),
    "find_strangers_to_the_database": ("fedserver.planted", DOC + "import sqlalchemy\n"),
    "find_http_in_the_domain": ("fedserver.domain.planted", DOC + "import aiohttp.web\n"),
    "find_queries_in_surfaces": (
        "fedserver.pages.planted",
        DOC + "from storage.queries.posts import posts\n",
    ),
    "find_unguarded_requests": ("fedserver.planted", DOC + "import aiohttp\naiohttp.ClientSession()\n"),
    "find_long_files": ("fedserver.planted", DOC + "x = 1\n" * 600),
    "find_forbidden_names": ("fedserver.utils", DOC),
}


@pytest.mark.parametrize("name", BREACHES)
def test_law_with_a_planted_breach_reports_it(name: str) -> None:
    module, text = BREACHES[name]
    breaches = getattr(laws, name)(real().plant(module, text))
    assert breaches
    assert all(module in breach or name == "find_cycles" for breach in breaches)


def test_long_files_with_a_long_function_reports_it() -> None:
    text = DOC + "def f() -> None:\n" + "    x = 1\n" * 60
    assert laws.find_long_files(real().plant("fedserver.planted", text)) == ["fedserver.planted.f:2: 61"]


def test_large_folders_with_a_module_too_many_reports_it() -> None:
    tree = real()
    for number in range(laws.MAX_MODULES_A_FOLDER + 1):
        tree = tree.plant(f"fedserver.planted.m{number}", DOC)
    assert laws.find_large_folders(tree) == ["fedserver.planted: 21"]


def test_unknown_contexts_with_a_new_folder_reports_it() -> None:
    tree = SourceTree(
        real().texts | {"fedserver.domain.stuff": DOC}, real().packages | {"fedserver.domain.stuff"}
    )
    assert laws.find_unknown_contexts(tree) == ["fedserver.domain.stuff"]


def test_modules_that_know_too_much_with_sixteen_imports_reports_it() -> None:
    breaches = laws.find_modules_that_know_too_much(real().plant("fedserver.planted", many(16)))
    assert "fedserver.planted: 16" in breaches


def test_measures_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    tree = real()
    arrows = laws.count_arrows(tree)
    sizes = [len(text.splitlines()) for name, text in tree.texts.items() if name not in tree.packages]
    ordinary = {name: count for name, count in arrows.items() if name not in laws.REGISTRIES}
    with capsys.disabled():
        print(
            f"\nmodules {len(arrows)} in {len(tree.packages)} packages, cycles {len(laws.find_cycles(tree))}"
        )
        print(f"modules reached: mean {mean(arrows.values()):.2f}, ", end="")
        print(f"with vocabularies as one {mean(laws.count_neighbours(tree).values()):.2f}, most ", end="")
        print(max((count, name) for name, count in ordinary.items()))
        print(f"files: median {median(sizes):.0f} lines, largest {max(sizes)}")
        print(f"functions: median {median(tree.functions.values()):.0f} lines, ", end="")
        print(f"largest {max(tree.functions.values())}")
    assert 60 <= median(sizes) <= 120
