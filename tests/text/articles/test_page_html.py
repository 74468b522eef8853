"""The text of an article as its page shows it."""

from __future__ import annotations

import re
import time

import pytest

from fedserver.text.articles.page_html import build_body, order_headings
from fedserver.text.markup import parse_markdown
from fedserver.text.sanitize import clean_article


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("1 2 1", "2 3 2"),
        ("2 3", "2 3"),
        ("3 5 3 4", "2 3 2 3"),
        ("1 4 2", "2 3 3"),
        ("6 1", "2 2"),
        ("", ""),
    ],
)
def test_headings_begin_below_the_title_and_leave_no_level_out(written: str, shown: str) -> None:
    html = "".join(f'<h{level} id="x">T</h{level}>' for level in written.split())
    expected = "".join(f'<h{level} id="x">T</h{level}>' for level in shown.split())
    assert order_headings(html) == expected


def test_code_has_colours_and_wide_things_are_reached_by_keyboard() -> None:
    text = "# A\n\n```python\nx = '<b>'  # no\n```\n\n```unknown\n<i>\n```\n\n| a |\n| --- |\n| b |"
    body = build_body(parse_markdown(text, article=True, base="https://a.test/").html, "Table")
    assert '<span class="s1">' in body.html
    assert "&lt;b&gt;" in body.html
    assert '<span class="c1"># no</span>' in body.html
    assert "style=" not in body.html
    assert '<code class="language-unknown">&lt;i&gt;' in body.html
    assert body.html.count('<pre tabindex="0">') == 2
    assert '<div class="scroll" role="region" tabindex="0" aria-label="Table"><table>' in body.html
    assert [(heading.level, heading.text) for heading in body.headings] == [(2, "A")]


@pytest.mark.parametrize("name", ["x onclick=y", 'a"b', "../x", "x" * 40, "A"])
def test_language_of_code_is_a_class_of_its_own_or_none(name: str) -> None:
    html = clean_article(f"<pre><code class='language-{name}'>x</code></pre><p class='language-x'>y</p>")
    assert set(re.findall(r'class="([^"]*)"', html)) <= {""}
    assert 'class="language-c++"' in clean_article("<code class='language-c++'>x</code>")


def test_hostile_code_takes_no_time() -> None:
    started = time.process_time()
    for language, code in (("python", '"' * 19_000), ("html", "<a " * 6_000), ("js", "/" * 19_000)):
        text = f"```{language}\n{code}\n```\n\n" * 3
        build_body(parse_markdown(text, article=True).html, "Table")
    assert time.process_time() - started < 10
