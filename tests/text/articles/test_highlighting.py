"""Languages whose code has colours."""

from __future__ import annotations

import re
from html import unescape

from fedserver.text.articles.highlighting import LANGUAGES, highlight_code


def test_every_language_is_known_and_the_code_stays_as_it_is() -> None:
    for language in LANGUAGES:
        block = f'<pre><code class="language-{language}">\n\n a = "&lt;b&gt;" # &amp;amp;\n\n</code></pre>'
        marked = re.sub(r"</?span[^>]*>", "", highlight_code(block))
        assert unescape(marked) == unescape(block), language


def test_long_code_stays_plain() -> None:
    block = f'<pre><code class="language-python">{"x = 1 " * 4_000}</code></pre>'
    assert highlight_code(block) == block
