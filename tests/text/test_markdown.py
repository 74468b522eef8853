"""Markdown with the HTML that it may contain, its places, and its relative addresses."""

from __future__ import annotations

import time

import pytest

from fedserver.text.anchors import add_anchors, localize_anchors
from fedserver.text.markup import parse_markdown
from fedserver.text.pictures import replace_pictures
from fedserver.text.sanitize import clean_article

BASE, PAGE = "https://alpha.test/", "https://alpha.test/@ann/post"


def article(text: str) -> str:
    return parse_markdown(text, article=True, base=BASE, page=PAGE).html


def note(text: str) -> str:
    return parse_markdown(text, article=False, base=BASE, page=PAGE).html


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("[about](/about)", 'href="https://alpha.test/about"'),
        ("[about](about)", 'href="https://alpha.test/about"'),
        ("<a href='/about'>x</a>", 'href="https://alpha.test/about"'),
        ("![p](/media/p.png)", 'src="https://alpha.test/media/p.png"'),
        ("<img src=/media/p.png alt=p>", 'src="https://alpha.test/media/p.png"'),
        ("H<sub>2</sub>O x<sup>2</sup>", "H<sub>2</sub>O x<sup>2</sup>"),
        ("<kbd>Ctrl</kbd> <mark>a</mark>", "<kbd>Ctrl</kbd> <mark>a</mark>"),
        ("<details><summary>more</summary>text</details>", "<details><summary>more</summary>text</details>"),
        ("<details open>\n\n*a*\n\n</details>", '<details open="">'),
        ("a <!-- not shown --> b", "<p>a  b</p>"),
        ("<!-- not\n\nshown -->\n\nb", "<p>b</p>"),
        ("- [ ] open\n- [x] done", '<li><input type="checkbox" checked="" disabled=""> done</li>'),
        ("1. [X] done", '<input type="checkbox" checked="" disabled=""> done'),
        ("List<String> a<b> x</b>", "List&lt;String&gt; a<b> x</b>"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("I <3 you", "I &lt;3 you"),
        ("<div><script>x</script>a</div>", "a"),
        ("<input type=text name=q>x", "x"),
        ("<b onclick=x style=x>a</b>", "<b>a</b>"),
    ],
)
def test_markdown_keeps_what_is_safe(source: str, html: str) -> None:
    assert html in article(source)
    for unsafe in ("<script", "onclick", "style", "not shown", 'type="text"'):
        assert unsafe not in article(source)


def test_short_post_has_links_for_pictures() -> None:
    assert note("![a cat](/cat.png)") == (
        '<p><a href="https://alpha.test/cat.png" rel="nofollow noopener">a cat</a></p>\n'
    )
    assert note("[![a cat](/cat.png)](/x)").count("<a ") == 1
    assert note("[![](/cat.png)](/x) ![dog](/dog.png)").count("<a ") == 2
    assert "<details>" in note("<details><summary>a</summary>b</details>")
    for html in ('<img src="/cat.png" alt="a cat">', '<picture><img src="/cat.png" alt="a cat"></picture>'):
        assert '<a href="https://alpha.test/cat.png" rel="nofollow noopener">a cat</a>' in note(html), html
        assert '<img src="https://alpha.test/cat.png" alt="a cat">' in article(html), html


def test_headings_have_stable_ids_that_links_lead_to() -> None:
    html = article(
        "[a](#about-us) [b](#About-us-1) [c](#%C3%BCber) [d](#nowhere) [e](#own)\n\n"
        "# About *us*\n\n## About us\n\n## Über\n\n## !?\n\n<h3 id='own'>x</h3>"
    )
    for place in ("about-us", "about-us-1", "uber", "section", "own"):
        assert html.count(f' id="user-content-{place}"') == 1, place
    for place in (
        "user-content-about-us",
        "user-content-about-us-1",
        "user-content-uber",
        "user-content-own",
    ):
        assert f'href="{PAGE}#{place}"' in html, place
    assert f'href="{PAGE}#nowhere"' in html
    assert article("# About *us*") == article("# About *us*")


def test_footnotes_lead_to_their_places() -> None:
    html = article("x[^1]\n\n[^1]: y")
    for place in ("user-content-fn1", "user-content-fnref1"):
        assert f'href="{PAGE}#{place}"' in html
        assert f'id="{place}"' in html
    # A short post has no ids, so there is nowhere to lead to.
    html = note("x[^1] and^[z]\n\n[^1]: y")
    assert "<sup>[1]</sup>" in html
    assert "<sup>[2]</sup>" in html
    assert "<a" not in html


@pytest.mark.parametrize("hostile", ["body", "a b", 'x"y', "x" * 200, "", "cookie", "<b>"])
def test_ids_of_authors_cannot_stand_for_names_of_the_document(hostile: str) -> None:
    html = clean_article(f"<h2 id='{hostile}'>x</h2><p id=x><a name=cookie>y</a></p>")
    assert "name=" not in html
    for part in html.split(' id="')[1:]:
        assert part.startswith("user-content-")
    assert "<p id" not in html


def test_cleaned_ids_are_the_same_again() -> None:
    once = add_anchors(clean_article("<h2>A</h2><h2 id=b>B</h2><h2>A</h2>"))
    assert once == add_anchors(clean_article(once))
    assert once.count("user-content-") == 3


def test_places_of_a_remote_article_stay_on_our_page() -> None:
    page = "https://beta.test/post"
    html = add_anchors(clean_article('<h2 id="a">A</h2><a href="#a">a</a><a href="#b">b</a>', page))
    assert f'href="{page}#a"' in html
    assert 'href="#user-content-a"' in localize_anchors(html, page)
    assert f'href="{page}#b"' in localize_anchors(html, page)


@pytest.mark.parametrize(
    "hostile",
    [
        '<img alt=\' src="\' src="https://evil.test/1.png">',
        '<img src="https://evil.test/1.png" alt="&quot; src=&quot;https://evil.test/2.png">',
        '<img alt=">" title="<" src="https://evil.test/1.png">',
        "<IMG SRC=https://evil.test/1.png>",
        '<img srcset="https://evil.test/3.png 2x" data-src="https://evil.test/4.png" loading=lazy '
        'style="background:url(https://evil.test/5.png)" src="https://evil.test/1.png">',
        '<picture><source srcset="https://evil.test/3.png"><img src="https://evil.test/1.png"></picture>',
        '<video poster="https://evil.test/3.png" src="https://evil.test/4.mp4"></video>'
        '<audio src="https://evil.test/5.mp3"></audio><img src="https://evil.test/1.png">',
        '<table background="https://evil.test/3.png"><tr><td><img src="https://evil.test/1.png">',
        '<input type=image src="https://evil.test/3.png"><svg><image href="https://evil.test/4.png"/></svg>'
        '<img src="https://evil.test/1.png">',
    ],
)
def test_pictures_are_all_replaced(hostile: str) -> None:
    html = replace_pictures(
        clean_article(hostile), lambda url: f"/ours?{url.removeprefix('https://evil.test/')}"
    )
    assert 'src="/ours?1.png"' in html
    assert "evil.test/" not in html.replace("src=&quot;https://evil.test/2.png", "")


@pytest.mark.parametrize(
    "unit",
    ["<!--a ", "<a b ", "<b ", "- [ ] x\n", "<details>", "@ann ", "#x", "[x](#x)", "# a\n", "\\@", "![a](b)"],
)
def test_hostile_markdown_takes_linear_time(unit: str) -> None:
    """Linear work: a generous bound that only a quadratic pass would break."""
    hostile = unit * (60_000 // len(unit))
    started = time.process_time()
    article(hostile)
    assert time.process_time() - started < 5
