"""The vocabulary: words of `vocabulary_words.toml` that are not used here, and what to write instead.

`python -m tests.architecture.vocabulary [PATH PREFIX …]` prints each use with its place and what to write.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("addresses", "activitypub", "storage", "fedserver", "tools", "benchmarks")
DOCUMENTS = ("docs/**/*.md", "README.md", "CONTRIBUTING.md", "FEDERATION.md", "SECURITY.md")
ALLOWED = Path(__file__).with_name("vocabulary_allowed.toml")

WORDS = tomllib.loads(Path(__file__).with_name("vocabulary_words.toml").read_text(encoding="utf-8"))
LOCAL_NAMES = WORDS["local_names"]


@dataclass(frozen=True)
class Use:
    """A use of a word that is not ours."""

    path: str
    line: int
    kind: str
    text: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.kind} `{self.text}`: {self.instead}"


def split_words(name: str) -> list[str]:
    """Return the words of a name, in lower case: `HTTPServer_two` holds http, server and two."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def find_word_in_name(name: str) -> str:
    """Return what to write instead if a name of any kind holds a word that is not ours, else ''."""
    words = split_words(name)
    for word in words:
        if word in WORDS["name_words"]:
            return WORDS["name_words"][word]
    joined = f"_{'_'.join(words)}_"
    for phrase, instead in WORDS["name_phrases"].items():
        if f"_{phrase}_" in joined:
            return instead
    prefixes = WORDS["name_prefixes"]
    if len(words) > 1 and words[0] in prefixes:
        return f"{prefixes[words[0]]}_{'_'.join(words[1:])}"
    if len(words) > 1 and words[-1] in ("most", "least") and words[-2] != "at":
        return f"{prefixes[words[-1]]}_{'_'.join(words[:-1])}"
    return ""


def is_participle(word: str) -> bool:
    """Return whether a word, at the head of a function's name, reads as a past participle."""
    return word in WORDS["participles"] or (word.endswith("ed") and word not in WORDS["ed_words"])


def check_function_name(name: str, is_property: bool) -> str:
    """Return what to call a function instead, '' if its name is a verb with an object."""
    bare = name.strip("_")
    if bare in WORDS["function_names"]:
        return WORDS["function_names"][bare]
    words = split_words(bare)
    if not is_property and words and is_participle(words[0]):
        return "verb + object: list_…, load_…, is_…, mark_…"
    return ""


def find_in_source(path: str, text: str) -> Iterator[Use]:
    """Yield the uses in the names, docstrings and comments of a module."""
    for part in Path(path).with_suffix("").parts:
        if instead := find_word_in_name(part):
            yield Use(path, 1, "module", part, instead)
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _find_in_function(path, node)
        elif isinstance(node, ast.ClassDef):
            yield from _find_in_class(path, node)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            if instead := find_word_in_name(node.id) or LOCAL_NAMES.get(node.id.lstrip("_"), ""):
                yield Use(path, node.lineno, "variable", node.id, instead)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if instead := find_word_in_name(node.attr):
                yield Use(path, node.lineno, "attribute", node.attr, instead)
        elif isinstance(node, ast.arg) and (
            instead := find_word_in_name(node.arg) or LOCAL_NAMES.get(node.arg, "")
        ):
            yield Use(path, node.lineno, "parameter", node.arg, instead)
    yield from _find_in_docstrings(path, tree)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield from find_in_prose(path, token.string, "comment", token.start[0])


def _find_in_function(path: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Use]:
    """Yield the uses in a function's name and in the first word of its docstring."""
    is_property = any("property" in ast.unparse(decorator) for decorator in node.decorator_list)
    if instead := find_word_in_name(node.name) or check_function_name(node.name, is_property):
        yield Use(path, node.lineno, "function", node.name, instead)
    head = _find_head(node)
    if not is_property and head.lower() in WORDS["function_heads"]:
        yield Use(path, node.lineno, "docstring", head, "an imperative verb: Return, Raise, Load, Check …")


def _find_in_class(path: str, node: ast.ClassDef) -> Iterator[Use]:
    """Yield the uses in a class's name and in the first word of its docstring."""
    if instead := find_word_in_name(node.name) or WORDS["class_names"].get(node.name.lstrip("_"), ""):
        yield Use(path, node.lineno, "class", node.name, instead)
    head = _find_head(node)
    if head.lower() in WORDS["class_heads"]:
        yield Use(path, node.lineno, "docstring", head, "a noun phrase: A cached post.")


def _find_head(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    """Return the first word of a docstring, '' if there is none."""
    words = re.findall(r"[\w'’]+", ast.get_docstring(node) or "")
    return words[0] if words else ""


def _find_in_docstrings(path: str, tree: ast.Module) -> Iterator[Use]:
    """Yield the uses in the sentences of docstrings, also those below a field or a constant."""
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield from find_in_prose(path, value.value, "docstring", value.lineno)


def find_in_prose(path: str, text: str, kind: str, first_line: int = 1) -> Iterator[Use]:
    """Yield the uses in sentences that a person reads."""
    for pattern, instead in WORDS["prose"].items():
        for match in re.finditer(pattern.replace(" ", r"\s+"), text, re.IGNORECASE):
            line = first_line + text.count("\n", 0, match.start())
            yield Use(path, line, kind, " ".join(match[0].split()), instead)


def find_in_document(path: str, text: str) -> Iterator[Use]:
    """Yield the uses in a document: its sentences, and the names that it quotes as `code`."""
    yield from find_in_prose(path, text, "text")
    for number, line in enumerate(text.splitlines(), 1):
        for span in re.findall(r"`([^`]+)`", line):
            for name in re.findall(r"[A-Za-z_][A-Za-z_0-9]*", span):
                if instead := find_word_in_name(name):
                    yield Use(path, number, "name", name, instead)


def find_in_catalogue(path: str, text: str) -> Iterator[Use]:
    """Yield the uses in the texts of a gettext template: everything but its comments."""
    lines = [
        re.sub(r"^(msgid|msgid_plural|msgctxt|msgstr\S*)? ?\"|\\n\"$|\"$", " ", line)
        for line in text.splitlines()
    ]
    texts = ["" if line.startswith("#") else line for line in lines]
    yield from find_in_prose(path, "\n".join(texts), "text")


def find_in_template(path: str, text: str) -> Iterator[Use]:
    """Yield the uses in a Jinja template: its sentences, its comments and what it sets."""
    yield from find_in_prose(path, text, "text")
    for match in re.finditer(r"{%-?\s*(?:set|macro|for|block)\s+(\w+)", text):
        if instead := find_word_in_name(match[1]) or LOCAL_NAMES.get(match[1], ""):
            yield Use(path, text.count("\n", 0, match.start()) + 1, "variable", match[1], instead)


def find_uses(root: Path = ROOT) -> Iterator[Use]:
    """Yield all uses in the source, the templates, the catalogue and the documents under `root`."""
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            # Revisions of the schema stay as they were released.
            if "versions" not in path.parts:
                yield from find_in_source(str(path.relative_to(root)), path.read_text(encoding="utf-8"))
    for path in sorted((root / "fedserver").rglob("templates/**/*.*")):
        if path.suffix in (".html", ".txt", ".xml"):
            yield from find_in_template(str(path.relative_to(root)), path.read_text(encoding="utf-8"))
    for path in sorted((root / "fedserver" / "locales").glob("*.pot")):
        yield from find_in_catalogue(str(path.relative_to(root)), path.read_text(encoding="utf-8"))
    for pattern in DOCUMENTS:
        for path in sorted(root.glob(pattern)):
            yield from find_in_document(str(path.relative_to(root)), path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Allowance:
    """A word that a file may use because it is the field's own."""

    path: str
    text: str
    reason: str

    def covers(self, use: Use) -> bool:
        """Return whether a use is one of those that are allowed."""
        return use.text.lower() == self.text.lower() and Path(use.path).match(self.path)


def load_allowances(path: Path = ALLOWED) -> list[Allowance]:
    """Return the words that are allowed, each with its reason."""
    return [
        Allowance(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("allowed", [])
    ]


def drop_allowed(uses: Iterable[Use], allowances: list[Allowance]) -> list[Use]:
    """Return the uses that no allowance covers."""
    return [use for use in uses if not any(allowance.covers(use) for allowance in allowances)]


def main() -> None:
    """Print all uses under the given path prefixes, and how many there are in each folder."""
    prefixes = tuple(sys.argv[1:]) or ("",)
    uses = [use for use in drop_allowed(find_uses(), load_allowances()) if use.path.startswith(prefixes)]
    print(*uses, sep="\n")
    folders = Counter("/".join(use.path.split("/")[:-1][:3]) or use.path for use in uses)
    print(
        *(f"{count:5} {folder}" for folder, count in sorted(folders.items())),
        f"{len(uses):5} in all",
        sep="\n",
    )


if __name__ == "__main__":
    main()
