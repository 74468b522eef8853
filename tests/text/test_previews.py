"""What pages say of themselves, and what hostile ones say."""

from __future__ import annotations

import time

import pytest

from fedserver.text.hyperlinks import extract_links
from fedserver.text.previews import PagePreview, parse_oembed, parse_page

URL = "https://news.test/a/story"


def read(html: str, kind: str = "text/html; charset=utf-8") -> PagePreview:
    found = parse_page(html.encode(), kind, URL)
    assert found is not None
    return found


def test_opengraph_is_read() -> None:
    found = read("""<!doctype html><html lang="nl-be"><head><title>Fallback</title>
      <meta property="og:title" content="A &amp; B"><meta property="og:description" content="What
      happened"><meta property="og:image" content="/p.jpg"><meta property="og:image:width" content="1200">
      <meta property="og:image:height" content="630"><meta property="og:image:alt" content="a picture">
      <meta property="og:site_name" content="News"><meta name="author" content="Ann A">
      <meta property="article:author" content="/ann"><meta name="fediverse:creator" content="@ann@alpha.test">
      <meta property="article:published_time" content="2026-03-01T10:00:00+01:00"></head><body>…""")
    assert (found.title, found.description) == ("A & B", "What happened")
    assert (found.image_url, found.width, found.height) == ("https://news.test/p.jpg", 1200, 630)
    assert (found.image_alt, found.provider_name, found.creator) == ("a picture", "News", "@ann@alpha.test")
    assert (found.author_name, found.author_url) == ("Ann A", "https://news.test/ann")
    assert (found.language, found.published_at) == ("nl-BE", 1_772_355_600_000)
    assert (found.kind, found.html) == ("link", "")


def test_twitter_cards_and_plain_titles_are_read() -> None:
    found = read('<head><meta name="twitter:title" content="T"><meta name="description" content="D"></head>')
    assert (found.title, found.description) == ("T", "D")
    assert read("<title> Only \n this </title>").title == "Only this"
    assert parse_page(b"<p>no title", "text/html", URL) is None
    assert parse_page(b"", "text/html", URL) is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<title>Šiška</title>".encode("windows-1250"), "text/html; charset=windows-1250"),
        ('<meta charset="windows-1250"><title>Šiška</title>'.encode("windows-1250"), "text/html"),
        ("<title>Šiška</title>".encode(), "text/html"),
        ("<title>Šiška</title>".encode(), "text/html; charset=punycode"),
    ],
)
def test_declared_charset_is_used(body: bytes, kind: str) -> None:
    found = parse_page(body, kind, URL)
    assert found
    assert found.title == "Šiška"


def test_a_player_is_framed_here() -> None:
    found = read(
        '<title>V</title><meta name="twitter:player" content="https://v.test/e?a=1&amp;b=&quot;&gt;<script>">'
        '<meta name="twitter:player:width" content="640">'
        '<meta name="twitter:player:height" content="9999999">'
    )
    assert (found.kind, found.width, found.height) == ("video", 640, 20_000)
    assert found.html.startswith('<iframe src="https://v.test/e?a=1&amp;b=&quot;&gt;&lt;script&gt;" ')
    assert "<script" not in found.html
    assert found.html.count("<") == 2


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://v.test/", "data:text/html,x", "//[", ""])
def test_nothing_else_is_framed(address: str) -> None:
    found = read(f'<title>V</title><meta name="twitter:player" content="{address}">')
    assert (found.kind, found.html) == ("link", "")


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:image/png;base64,AA", "https://a b/", "//["]
)
def test_invalid_addresses_are_left_out(address: str) -> None:
    found = read(
        f'<title>V</title><meta property="og:image" content="{address}">'
        f'<meta property="article:author" content="{address}">'
    )
    assert (found.image_url, found.author_url) == ("", "")


def test_oembed_adds_what_it_knows() -> None:
    page = read("<title>P</title>")
    video = {
        "version": "1.0",
        "type": "video",
        "title": "<b>Film</b>",
        "author_name": "Bob",
        "author_url": "https://v.test/bob",
        "provider_name": "V",
        "provider_url": "https://v.test/",
        "thumbnail_url": "https://v.test/t.jpg",
        "html": '<script>alert(1)</script><iframe src="https://v.test/embed" onload="x"></iframe>',
        "width": "480",
        "height": 270,
    }
    found = parse_oembed(video, page, URL)
    assert (found.kind, found.author_name, found.width, found.height) == ("video", "Bob", 480, 270)
    assert found.title == "<b>Film</b>", "plain text, to be escaped by whoever shows it"
    assert found.html.startswith('<iframe src="https://v.test/embed" ')
    assert "onload" not in found.html
    photo = {"version": 1.0, "type": "photo", "url": "/p.jpg", "width": 10, "height": 20}
    shown = parse_oembed(photo, page, URL)
    assert (shown.kind, shown.embed_url, shown.width) == ("photo", "https://news.test/p.jpg", 10)
    rich = parse_oembed({"version": "1.0", "type": "rich", "html": "<script>x</script>"}, page, URL)
    assert (rich.kind, rich.html) == ("link", "")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"version": "2.0", "type": "video"},
        {"version": "1.0", "type": ["video"]},
        {"version": "1.0", "type": "video", "html": 5, "title": {}, "width": [], "thumbnail_url": 7},
        {"version": "1.0", "type": "photo", "url": "javascript:x"},
    ],
)
def test_invalid_oembed_changes_nothing(answer: dict[str, object]) -> None:
    found = parse_oembed(answer, read("<title>P</title>"), URL)
    assert (found.kind, found.title, found.html, found.embed_url) == ("link", "P", "", "")


def test_hostile_pages_take_no_time() -> None:
    began = time.process_time()
    for html in (
        "<div>" * 200_000,
        "<meta " * 200_000,
        '<meta name="a" content="b">' * 40_000,
        "<title>" * 99_999,
    ):
        parse_page(html.encode(), "text/html", URL)
    assert time.process_time() - began < 3


def test_extract_links_skips_mentions_and_hashtags() -> None:
    html = (
        '<p><span class="h-card"><a href="https://a.test/@bob" class="u-url mention">@bob</a></span> '
        '<a href="https://a.test/tags/x" class="mention hashtag" rel="tag">#x</a> '
        '<a href="https://news.test/a?b=1&amp;c=2#part">x</a> <a href="https://news.test/a?b=1&amp;c=2">y</a>'
        '<a href="mailto:a@b">m</a></p><p class="quote-inline">RE: <a href="https://q.test/1">q</a></p>'
    )
    assert extract_links(html) == ["https://news.test/a?b=1&c=2"]
    assert extract_links("<p>https://bare.test</p>") == []
