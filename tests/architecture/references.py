"""What documents name of the source: files, folders, modules and what is defined in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

DOCUMENTS = ("docs/**/*.md", "README.md", "CONTRIBUTING.md", "FEDERATION.md", "SECURITY.md")
ROOTS = "fedserver|storage|activitypub|tests|tools|benchmarks|docs|deploy"
FILE = re.compile(rf"(?:{ROOTS})/[\w./*-]*|[\w/.-]*\.py")
MODULE = re.compile(r"(?:fedserver|storage|activitypub|tests|tools|benchmarks)(?:\.\w+)+")
# Files of an operator, not of the source, that look like a module: `fedserver.toml`.
SUFFIXES = (".toml", ".pot", ".po", ".service", ".key", ".db")


def find_broken_references(root: Path) -> list[str]:
    """Return each file, module or name that a document quotes as `code` or links and that does not exist."""
    return [
        f"{path.relative_to(root)}:{number}: {reference}"
        for pattern in DOCUMENTS
        for path in sorted(root.glob(pattern))
        for number, line in enumerate(_drop_blocks(path.read_text(encoding="utf-8")).splitlines(), 1)
        for reference in (*_find_in_line(root, line), *_find_broken_links(path.parent, line))
    ]


def _drop_blocks(text: str) -> str:
    """Return a document without its fenced blocks; what stands in those is for a shell or a server."""
    return re.sub(r"^```.*?^```", lambda block: "\n" * block[0].count("\n"), text, flags=re.M | re.S)


def _find_in_line(root: Path, line: str) -> Iterator[str]:
    """Yield what the code spans of a line name and is not there."""
    for span in re.findall(r"`([^`]+)`", line):
        for token in re.findall(r"[\w./:*-]+", span):
            path, _, name = token.rstrip(".").partition("::")
            if FILE.fullmatch(path):
                if not _exists(root, path, name):
                    yield token
            elif MODULE.fullmatch(path) and not path.endswith(SUFFIXES) and not _has_module(root, path):
                yield token


def _exists(root: Path, path: str, name: str) -> bool:
    """Return whether a file or a folder exists and, with a name, defines it; `*` stands for any."""
    files = list(root.glob(path)) if "*" in path else [root / path]
    if not files or not all(file.exists() for file in files):
        return False
    return not name or any(_defines(file.read_text(encoding="utf-8"), name) for file in files)


def _defines(source: str, name: str) -> bool:
    """Return whether a module defines a function, class or constant of this name."""
    return bool(re.search(rf"^\s*(?:async def|def|class) {name}\b|^\s*{name}(?:: .*)? = ", source, re.M))


def _has_module(root: Path, dotted: str) -> bool:
    """Return whether a dotted name is a module or something that a module defines."""
    path = root / dotted.replace(".", "/")
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    module = path.parent.with_suffix(".py")
    return module.is_file() and _defines(module.read_text(encoding="utf-8"), path.name)


def _find_broken_links(folder: Path, line: str) -> Iterator[str]:
    """Yield the targets of relative links that do not exist."""
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", line):
        if "://" not in target and not target.startswith("mailto:") and not (folder / target).exists():
            yield target
