"""The difference between two texts, for people: lines that stayed, words that were inserted and deleted.

Comparing takes quadratic time, so that longer stretches than these are shown as wholly replaced.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from msgspec import Struct

MAX_LINES, MAX_WORDS, MAX_TOTAL_WORDS = 400, 400, 6_000
CONTEXT_LINES = 2  # that stayed, before and after a change
SAME, INSERTED, DELETED, SKIPPED = "same", "inserted", "deleted", "skipped"
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


class DiffPart(Struct, frozen=True):
    """A piece of a line, and whether it stayed, was inserted or was deleted."""

    kind: str
    text: str


class DiffLine(Struct, frozen=True):
    """A line of the difference; SKIPPED stands for `skipped` lines that stayed."""

    parts: tuple[DiffPart, ...]
    skipped: int = 0


def compare(former: str, latter: str) -> list[DiffLine]:
    """Return the lines around the changes, with the words that changed; nothing for equal texts."""
    if former == latter:
        return []
    lines: list[DiffLine] = []
    budget = MAX_TOTAL_WORDS
    before, after = former.split("\n"), latter.split("\n")
    operations = _compare(before, after, MAX_LINES)
    for place, (kind, olds, news) in enumerate(operations):
        if kind == "equal":
            lines += _shorten(olds, is_first=place == 0, is_last=place == len(operations) - 1)
        elif olds and news and len(olds) == len(news):
            for old, new in zip(olds, news, strict=True):
                words = _WORDS.findall(old), _WORDS.findall(new)
                budget -= len(words[0]) + len(words[1])
                lines += _compare_words(*words) if budget > 0 else _replace_lines([old], [new])
        else:
            lines += _replace_lines(olds, news)
    return lines


def _replace_lines(olds: Sequence[str], news: Sequence[str]) -> Iterator[DiffLine]:
    for kind, texts in ((DELETED, olds), (INSERTED, news)):
        yield from (DiffLine((DiffPart(kind, text),)) for text in texts if text.strip())


def _compare_words(olds: list[str], news: list[str]) -> Iterator[DiffLine]:
    parts: list[DiffPart] = []
    for kind, former, latter in _compare(olds, news, MAX_WORDS):
        if kind == "equal":
            parts.append(DiffPart(SAME, "".join(former)))
            continue
        parts += [DiffPart(DELETED, "".join(former))] if former else []
        parts += [DiffPart(INSERTED, "".join(latter))] if latter else []
    yield DiffLine(tuple(parts))


def _shorten(texts: Sequence[str], *, is_first: bool, is_last: bool) -> Iterator[DiffLine]:
    """Return the lines near a change, and one that says how many are left out."""
    head = 0 if is_first else CONTEXT_LINES
    tail = 0 if is_last else CONTEXT_LINES
    skipped = len(texts) - head - tail
    if skipped <= 1:
        yield from (DiffLine((DiffPart(SAME, text),)) for text in texts)
        return
    yield from (DiffLine((DiffPart(SAME, text),)) for text in texts[:head])
    yield DiffLine((), skipped)
    yield from (DiffLine((DiffPart(SAME, text),)) for text in texts[len(texts) - tail :])


Operation = tuple[str, Sequence[str], Sequence[str]]


def _compare(olds: list[str], news: list[str], most: int) -> list[Operation]:
    """Return what stayed, and what was replaced by what; what is beyond `most` is replaced as a whole."""
    start = 0
    while start < min(len(olds), len(news)) and olds[start] == news[start]:
        start += 1
    end = 0
    while end < min(len(olds), len(news)) - start and olds[-1 - end] == news[-1 - end]:
        end += 1
    inner_olds, inner_news = olds[start : len(olds) - end], news[start : len(news) - end]
    operations: list[Operation] = [("equal", olds[:start], olds[:start])] if start else []
    if max(len(inner_olds), len(inner_news)) > most:
        operations.append(("replace", inner_olds, inner_news))
    else:
        matcher = SequenceMatcher(None, inner_olds, inner_news, autojunk=True)
        operations += [
            (kind, inner_olds[first:last], inner_news[other_first:other_last])
            for kind, first, last, other_first, other_last in matcher.get_opcodes()
        ]
    if end:
        operations.append(("equal", olds[len(olds) - end :], olds[len(olds) - end :]))
    return operations
