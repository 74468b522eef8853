"""The difference between two versions of a text."""

from __future__ import annotations

import time

import pytest

from fedserver.text.articles.word_diff import compare


def mark(former: str, latter: str) -> str:
    lines = []
    for line in compare(former, latter):
        marks = {"inserted": "+{}+", "deleted": "-{}-"}
        lines.append("".join(marks.get(part.kind, "{}").format(part.text) for part in line.parts))
        if line.skipped:
            lines[-1] = f"({line.skipped})"
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("former", "latter", "shown"),
    [
        ("same", "same", ""),
        ("The red fox", "The brown fox", "The -red-+brown+ fox"),
        ("one\n\ntwo", "one\n\nmiddle\n\ntwo", "one\n\n+middle+\ntwo"),
        ("a\nb", "a", "a\n-b-"),
        ("", "new", "+new+"),
        ("\n".join("abcdefgh"), "\n".join("abcdefgH"), "(5)\nf\ng\n-h-+H+"),
    ],
)
def test_difference_names_the_words(former: str, latter: str, shown: str) -> None:
    assert mark(former, latter) == shown


def test_nothing_is_left_out_of_long_differences() -> None:
    former = "\n".join(f"line {number} of the first" for number in range(900))
    latter = "\n".join(f"sentence {number} of another" for number in range(700))
    shown = compare(former, latter)
    deleted = [part.text for line in shown for part in line.parts if part.kind == "deleted"]
    assert deleted == former.split("\n")


@pytest.mark.parametrize(
    ("former", "latter"),
    [
        ("a b " * 50_000, "b a " * 50_000),
        ("a\nb\n" * 300, "b\na\nc\n" * 200),
        ("a " * 399 + "\n" + "b " * 399, "b " * 399 + "\n" + "a " * 399),
    ],
)
def test_hostile_texts_take_no_time(former: str, latter: str) -> None:
    started = time.process_time()
    compare(former, latter)
    assert time.process_time() - started < 3
