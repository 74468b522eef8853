"""A language that nobody speaks: every marked text in it has accents, so that unmarked ones stand out."""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from fedserver.text import locales
from fedserver.web import template_values
from tools.catalogues import read_catalogue, template_path

CODE = "xx"
LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "àƀçđéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýžÀƁÇĐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ",
)
# Placeholders, tags and entities stay as they are.
KEPT = re.compile(r"(%\(\w+\)s|%%|<[^<>]+>|&\w+;|\{count\})")
ATTRIBUTES = ("alt", "aria-label", "placeholder", "title", "data-left", "data-problem")
METAS = ("description", "og:title", "og:description", "og:image:alt")
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# Code, moments and what is marked as another language are no texts of ours to translate.
SKIPPED = {"code", "pre", "script", "style", "time", "svg", "textarea"}
# What computers read, wherever it stands: addresses, handles, keys, figures with their unit.
MACHINE = re.compile(
    r"\b[0-9a-f]{64}\b|https?://\S+|did:\S+|mailto:\S+|@?[\w.-]+@[\w.-]+|@\w+|\b\w+\.test\b"
    r"|\d[\d.,]* ([kMG]B|minutes?|hours?|days?|weeks?|months?)|:\w+:|\b\w+:\d+\b|\{count\}"
)
WORD = re.compile(r"[A-Za-z]{2,}")


def add_accents(text: str) -> str:
    """Return a text as the pseudo-locale says it."""
    parts = KEPT.split(text)
    return "".join(part if KEPT.fullmatch(part) else part.translate(LETTERS) for part in parts)


def pseudo_catalogue() -> gettext.GNUTranslations:
    """Return the source texts, each with accents."""
    catalogue = Catalog(locale="en")
    for message in read_catalogue(template_path()):
        if not message.id:
            continue
        forms = message.id if isinstance(message.id, str) else tuple(message.id)
        said = add_accents(forms) if isinstance(forms, str) else tuple(add_accents(form) for form in forms)
        catalogue.add(forms, said, context=message.context)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@contextmanager
def spoken(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let nodes of this process answer in the pseudo-locale; the code to ask for."""
    caches = (locales.negotiate, template_values.list_languages)
    with monkeypatch.context() as patch:
        patch.setattr(locales, "SUPPORTED", (*locales.SUPPORTED, CODE))
        patch.setitem(locales._catalogues, CODE, pseudo_catalogue())
        for cached in caches:
            cached.cache_clear()
        yield CODE
    for cached in caches:
        cached.cache_clear()


class _Reader(HTMLParser):
    """Collects what people see or hear of a page and what has no accents."""

    def __init__(self, known: frozenset[str]) -> None:
        super().__init__()
        self._known = known
        self._open: list[tuple[str, bool]] = []
        self.find_unmarked: set[str] = set()

    def _check(self, text: str) -> None:
        text = " ".join(text.split())
        left = MACHINE.sub(" ", text)
        words = [word for word in WORD.findall(left) if word not in self._known]
        if words:
            self.find_unmarked.add(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        foreign = tag != "html" and ("lang" in attributes or attributes.get("translate") == "no")
        skipped = foreign or tag in SKIPPED or bool(self._open and self._open[-1][1])
        if not foreign:
            for name in ATTRIBUTES:
                self._check(attributes.get(name, ""))
            if attributes.get("name", attributes.get("property")) in METAS:
                self._check(attributes.get("content", ""))
        if tag not in VOID:
            self._open.append((tag, skipped))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not (self._open and self._open[-1][1]):
            self._check(data)


def find_unmarked(page: str, known: frozenset[str]) -> set[str]:
    """Return the texts of a page that are in plain letters; `known` are names and words of members."""
    reader = _Reader(known)
    reader.feed(page)
    return reader.find_unmarked
