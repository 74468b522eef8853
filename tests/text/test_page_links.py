"""Links of strangers' pages: found as they are written, and never slowly."""

from __future__ import annotations

import time

import pytest

from fedserver.text.page_links import parse_page_links


def test_links_are_read_as_they_are_written() -> None:
    page = b"""<!-- <a rel=me href=https://a.test/comment> --><script>"<a rel=me href=https://a.test/s>"</script>
    <p title="<a rel=me href=https://a.test/attribute>">
    <A REL="nofollow ME" HREF=" https://a.test/one?x&amp;y ">x</A>
    <link rel=alternate type=Application/Activity+JSON href=/two><a href=https://a.test/none>no rel</a>
    <a rel=me href=one href=two> <area rel=me href=x> <a rel=me"""
    found = [(each.rels, each.target, each.media_type) for each in parse_page_links(page)]
    assert found == [
        ({"nofollow", "me"}, "https://a.test/one?x&y", ""),
        ({"alternate"}, "/two", "application/activity+json"),
        ({"me"}, "one", ""),
    ]


PIECES = (
    "<div> <a> <a_rel=me_href=x> < <!-- <! <a_ <a_rel=' </ <script> <script></ & &# <![ <? \xff <a_b=c_ --!>"
)


@pytest.mark.parametrize("piece", PIECES.split())
@pytest.mark.parametrize("end", ["", "-->'></script>"])
def test_parse_page_links_takes_linear_time(piece: str, end: str) -> None:
    page = (piece.replace("_", " ") * (300_000 // len(piece)) + end).encode("latin-1")
    began = time.process_time()
    assert len(parse_page_links(page)) <= 2_000
    assert time.process_time() - began < 5
