"""Code in colours: the words of a program get classes, as `<span class="k">`; the stylesheet has the colours.

The language is what the author wrote after the three backticks. Only languages of `LANGUAGES` are read, and
only up to a length, as lexers are regular expressions that someone could make slow.
"""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from typing import Any

from fedserver.on_demand import on_demand

pygments = on_demand("pygments")
formatters = on_demand("pygments.formatters")
lexers = on_demand("pygments.lexers")

MAX_CODE_LENGTH, MAX_TOTAL_LENGTH = 20_000, 100_000  # characters of a block, and of all of an article
LANGUAGES = frozenset(
    {
        "bash", "c", "cpp", "csharp", "css", "diff", "docker", "elixir", "go", "haskell", "html", "ini",
        "java", "javascript", "js", "json", "kotlin", "latex", "lua", "make", "markdown", "md", "nginx",
        "perl", "php", "powershell", "py", "python", "r", "ruby", "rust", "scala", "scss", "sh",
        "shell", "sql", "swift", "toml", "ts", "typescript", "xml", "yaml", "yml",
    }
)  # fmt: skip
_BLOCK = re.compile(r'<pre><code class="language-([a-z]{1,20})">([^<]*)</code></pre>')


@cache
def _find_formatter() -> Any:
    return formatters.HtmlFormatter(nowrap=True)


@cache
def _find_lexer(language: str) -> Any:
    return lexers.get_lexer_by_name(language, stripnl=False, ensurenl=False)


def highlight_code(html: str) -> str:
    """Return the HTML of an article whose blocks of code have their words marked."""
    if '<code class="language-' not in html:
        return html
    left = MAX_TOTAL_LENGTH

    def mark(match: re.Match[str]) -> str:
        nonlocal left
        language, code = match[1], unescape(match[2])
        left -= len(code)
        if language not in LANGUAGES or len(code) > MAX_CODE_LENGTH or left < 0:
            return match[0]
        marked = pygments.highlight(code, _find_lexer(language), _find_formatter())
        return f'<pre><code class="language-{language}">{marked}</code></pre>'

    return _BLOCK.sub(mark, html)
