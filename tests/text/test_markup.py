"""Texts become HTML that clients parse, and nothing in them can run or take long."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from fedserver.text.excerpts import make_excerpt, shorten, slugify
from fedserver.text.languages import normalize_language
from fedserver.text.markup import (
    MentionLink,
    count_characters,
    parse_markdown,
    parse_plain,
    render_markdown,
    render_plain,
)
from fedserver.text.sanitize import clean_article, clean_name, clean_post, clean_profile, to_text

KNOWN = {
    ("bob", "beta.test"): MentionLink("https://beta.test/@bob", "bob"),
    ("ann", None): MentionLink("https://alpha.test/@ann", "ann"),
}


def tag(name: str) -> str:
    return f"https://alpha.test/tags/{name}"


def plain(text: str) -> str:
    return render_plain(text, KNOWN, tag)


def test_names_are_found_once_and_in_order() -> None:
    found = parse_plain("Hi @Bob@Beta.test, (@ann) #Fox, #fox_2! #123 @bob@beta.test mail@x.test #ČŠ")
    assert found.mentions == (("bob", "beta.test"), ("ann", None))
    assert found.hashtags == {"fox": "Fox", "fox_2": "fox_2", "čš": "ČŠ"}


def test_a_mention_is_a_card_that_clients_know() -> None:
    assert plain("Hi @bob@beta.test!") == (
        '<p>Hi <span class="h-card" translate="no"><a href="https://beta.test/@bob" class="u-url mention">'
        "@<span>bob</span></a></span>!</p>"
    )
    assert plain("Hi @nobody@x.test") == "<p>Hi @nobody@x.test</p>"


def test_a_hashtag_and_a_link() -> None:
    assert plain("#Fox") == (
        '<p><a href="https://alpha.test/tags/fox" class="mention hashtag" rel="tag">#<span>Fox</span></a></p>'
    )
    html = plain("see https://www.example.org/a/very/long/path/that/goes/on?x=1&y=2.")
    assert 'href="https://www.example.org/a/very/long/path/that/goes/on?x=1&amp;y=2"' in html
    assert '<span class="invisible">https://www.</span>' in html
    assert html.endswith("</a>.</p>")


def test_paragraphs_breaks_and_markup_are_escaped() -> None:
    assert plain("a\nb\n\n<b>&") == "<p>a<br>b</p><p>&lt;b&gt;&amp;</p>"
    assert "<script" not in plain('<script>alert(1)</script> https://x.test/"><script>')


def test_brackets_around_addresses() -> None:
    assert 'href="https://x.test/a_(b)"' in plain("(https://x.test/a_(b))")
    assert plain("(https://x.test/a)").endswith("</a>)</p>")


def test_characters_are_counted_as_clients_do() -> None:
    assert count_characters("https://example.org/" + "x" * 500) == 23
    assert count_characters("@bob@beta.test hi") == len("@bob hi")


def test_markdown_keeps_structure_and_names() -> None:
    html = render_markdown(
        "# Head\n\n- *a* @bob@beta.test\n- `@bob@beta.test #no`\n\n| x | y |\n|---|---|\n| 1 | 2 |\n",
        KNOWN,
        tag,
        article=True,
    )
    assert '<h1 id="user-content-head">Head</h1>' in html
    assert "<table>" in html
    assert "<em>a</em>" in html
    assert html.count("u-url mention") == 1
    assert "hashtag" not in html


def test_markdown_cannot_carry_scripts() -> None:
    html = render_markdown("<script>x</script> [a](javascript:alert(1)) <b onclick=x>", {}, tag, article=True)
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "onclick" not in html


@pytest.mark.parametrize(
    "evil",
    [
        '<p onclick="x">a</p>',
        "<a href='javascript:x'>a</a>",
        "<a href='data:text/html,x'>a</a>",
        "<svg><script>alert(1)</script></svg>a",
        "<img src=x onerror=alert(1)>a",
        "<iframe src='https://x.test'></iframe>a",
        "<style>*{}</style>a",
        "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=1 onerror=alert(1)>'>a",
        '<p style="position:fixed">a</p>',
        "<form action='https://x.test'><input name=a></form>a",
        '<p id="x" class="admin">a</p>',
    ],
)
@pytest.mark.parametrize("clean", [clean_post, clean_article])
def test_unsafe_html_is_removed(clean: object, evil: str) -> None:
    html = clean(evil)  # type: ignore[operator]
    for bad in (
        "onclick",
        "onerror",
        "javascript:",
        "data:",
        "<script",
        "<svg",
        "<iframe",
        "<style",
        "style=",
    ):
        assert bad not in html
    assert "<form" not in html
    assert "<input" not in html
    assert 'id="' not in html
    assert "admin" not in html


def test_lines_before_code_are_the_same_for_every_reader() -> None:
    once = clean_post("<PRE>\n\n  x\n\ny</PRE>")
    assert once == "<pre>  x\n\ny</pre>" == clean_post(once)
    assert clean_post("<pre>\n\n") == "<pre></pre>"


def test_cleaned_html_parses_the_same_again() -> None:
    once = clean_post("<P><SELECT><P>a")
    assert "select" not in once
    assert "a" in once
    assert once == clean_post(once)


RELATIVE = [
    "/x", "x", "#f", "?q", "../x", "", ".", "//evil.test/x", "/\\evil.test", "\\\\evil.test", "https:x",
    "https:/x", "HTTPS:x", "http:x", " /x", "\t/x", "&#1;/x", "&#47;x", "htt&#10;ps:x", "@ann", "//[",
    "https:\\\\evil.test",
]  # fmt: skip


@pytest.mark.parametrize("clean", [clean_post, clean_article, clean_profile])
@pytest.mark.parametrize("address", RELATIVE)
def test_relative_address_without_a_base_is_dropped(clean: Callable[..., str], address: str) -> None:
    html = f'<p><a href="{address}">x</a><img src="{address}" alt="y"></p>'
    assert "href" not in clean(html)
    assert "src" not in clean(html)
    # With the page it stood on, it leads where it did there, or nowhere.
    for found in re.findall(r'(?:href|src)="([^"]*)"', clean(html, "https://beta.test/@bob/1")):
        assert urlsplit(found).scheme in ("https", "http"), found
        assert urlsplit(found).hostname in ("beta.test", "evil.test"), found


def test_relative_address_is_resolved_against_the_base() -> None:
    html = '<p><a href="../other">a</a> <a href="#note">b</a></p><img src="/pic.png">'
    cleaned = clean_article(html, "https://beta.test/blog/one")
    assert 'href="https://beta.test/other"' in cleaned
    assert 'href="https://beta.test/blog/one#note"' in cleaned
    assert 'src="https://beta.test/pic.png"' in cleaned


@pytest.mark.parametrize("address", ["https://x.test/a?b=1&amp;c=2#d", "http://x.test", "HTTPS://x.test/"])
def test_absolute_address_stays(address: str) -> None:
    for base in ("", "https://beta.test/"):
        assert f'href="{address}"' in clean_post(f'<a href="{address}">x</a>', base)


OTHER_PROGRAMS = ["gemini://x.test/a", "xmpp:a@x.test", "magnet:?xt=urn:btih:1", "mailto:a@x.test", "TEL:+1"]


@pytest.mark.parametrize("address", OTHER_PROGRAMS)
def test_link_to_another_program_stays_and_no_picture_of_it(address: str) -> None:
    html = f'<a href="{address}">x</a><img src="{address}">'
    for clean in (clean_post, clean_article, clean_profile):
        assert f'href="{address}"' in clean(html, "https://beta.test/")
        assert "src" not in clean(html, "https://beta.test/")


@pytest.mark.parametrize(
    "address", ["javascript:x", "java\tscript:x", "data:text/html,x", "vbscript:x", "ws://x"]
)
def test_address_that_runs_or_is_no_link_is_dropped(address: str) -> None:
    for clean in (clean_post, clean_article, clean_profile):
        assert "href" not in clean(f'<a href="{address}">x</a>')


BLOCKS = [
    "<div>one</div><div>two</div>", "<dl><dt>one</dt><dd>two</dd></dl>", "<center>one</center>two",
    "<ul><li>one</li><li>two</li></ul>", "<table><tr><td>one</td><td>two</td></tr></table>",
    "<figure><img src=x><figcaption>one</figcaption></figure>two", "<H1>one</H1>two", "one<nav>two</nav>",
    "<form><fieldset>one</fieldset></form>two", "<article>one</article\n><aside class='a>b'>two</aside>",
]  # fmt: skip


@pytest.mark.parametrize("html", BLOCKS)
def test_words_of_two_blocks_stay_apart(html: str) -> None:
    for clean in (clean_post, clean_article, clean_profile):
        cleaned = clean(html)
        assert to_text(cleaned).split() == ["one", "two"], cleaned
        assert "onetwo" not in re.sub(r"</?(?:span|img)[^>]*>", "", cleaned), cleaned
        assert re.search(r"one</?(?:div|dt|h1|li|td|section|figcaption)>|<div>two|<article>", cleaned), (
            cleaned
        )


@pytest.mark.parametrize("tag", ["code", "kbd", "pre", "samp", "tt", "var"])
def test_names_in_code_are_no_names(tag: str) -> None:
    parsed = parse_markdown(f"a <{tag}>@ann #x</{tag}> <small>@bob</small>", article=False)
    assert [name[0] for name in parsed.mentions] == ["bob"]
    assert not parsed.hashtags
    assert f"<{tag}>@ann #x</{tag}>" in parsed.html


def test_classes_that_clients_know_stay() -> None:
    html = clean_post('<a href="https://x.test" class="mention evil u-url">x</a>')
    assert 'class="mention u-url"' in html
    assert 'rel="nofollow noopener"' in html


def test_clean_name_removes_control_and_direction_marks() -> None:
    assert clean_name("a\u202eb\u0000c\nd") == "abc d"
    assert clean_name("0 \x1b\r0") == "0 0"
    assert len(clean_name("Z" + "\u0301" * 50)) <= 4
    assert clean_name("x" * 500) == "x" * 100


def test_plain_text_of_html() -> None:
    assert to_text("<p>a<br>b</p><p>c &amp; d</p><ul><li>e</li><li>f</li></ul>") == "a\nb\n\nc & d\n\ne\n\nf"


def test_slugs_and_excerpts() -> None:
    assert slugify("Čo je nové? Strengths first!") == "co-je-nove-strengths-first"
    assert slugify("2026") == "a-2026"
    assert slugify("日本語の題") == "日本語の題"
    assert slugify("!!!") == ""
    assert shorten("one two three", 9) == "one two…"
    assert make_excerpt("<p>" + "word " * 400 + "</p>").endswith("word…")
    parts = "<h2>First</h2><p>Unplug <b>it</b>.</p><h3>Why?</h3><ul><li>a</li><li>b</li></ul>"
    assert make_excerpt(parts) == "First – Unplug it. Why? a – b"
    assert make_excerpt("") == ""


@pytest.mark.parametrize(
    ("given", "wanted"),
    [("en", "en"), ("PT-br", "pt-BR"), ("zh_hant", "zh-Hant"), ("x", None), ("", None), ("en-<x>", None)],
)
def test_language_tags(given: str, wanted: str | None) -> None:
    assert normalize_language(given) == wanted


@pytest.mark.parametrize(
    "hostile",
    ["@" * 200_000, "#" * 200_000, "(" * 200_000, "https://" * 25_000, "@a@" * 66_000, "a@b." * 50_000,
     "https://x.test/" + ")" * 200_000, "[" * 100_000, "*a" * 50_000, "> " * 50_000],
)  # fmt: skip
def test_hostile_text_takes_linear_time(hostile: str) -> None:
    """Linear work: a generous bound that only a quadratic pass would break."""
    started = time.process_time()
    count_characters(hostile)
    plain(hostile)
    render_markdown(hostile[:5_000], {}, tag, article=True)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "unit",
    [
        "<ul><li>",
        "<div>",
        "<i></p>",
        "<b><i><u>",
        "<blockquote>",
        "<p><a href='https://x.test'>",
        "<",
        "<!--",
    ],
)
def test_hostile_html_takes_linear_time(unit: str) -> None:
    """Linear work: a generous bound that only a quadratic pass would break."""
    hostile = unit * (600_000 // len(unit))
    started = time.process_time()
    for work in (clean_post, clean_article, to_text):
        work(hostile)
    assert time.process_time() - started < 5


def test_long_ordinary_html_is_unchanged() -> None:
    html = "<p>one <b>two</b><br>three</p>" * 2_000
    assert clean_post(html) == html
    deep = "<blockquote>" * 250 + "x" + "</blockquote>" * 250
    assert clean_post(deep) == deep
    assert clean_post("<blockquote>" * 5_000 + "<script>x</script> & words").startswith("<p>")


def test_markdown_of_one_endless_word_takes_no_longer() -> None:
    started = time.process_time()
    html = render_markdown("https://x.test/(" * 12_000, {}, tag, article=True)
    assert html.startswith("<p>")
    assert time.process_time() - started < 5
