"""Write the icons that pages use as one SVG file of symbols, from the unpacked npm package `lucide-static`.

`python -m tools.icon_sprite FOLDER` reads FOLDER/icons and writes fedserver/web/static/vendor/icons.svg; its
digest belongs into vendor.toml.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

TARGET = Path(__file__).parent.parent / "fedserver/web/static/vendor/icons.svg"
# The name in our templates: the name in the package.
ICONS = {
    "add": "plus", "announcement": "megaphone", "audio": "volume-2", "back": "chevron-left",
    "block": "ban", "blog": "newspaper", "bookmark": "bookmark", "boost": "repeat-2", "check": "check",
    "close": "x", "community": "users", "conversation": "messages-square", "copy": "copy",
    "decision": "vote", "delete": "trash-2", "directory": "book-user", "download": "download",
    "draft": "file-pen", "edit": "pencil", "embed": "code-xml", "explore": "compass", "feed": "rss",
    "filter": "filter", "followers": "lock", "hashtag": "hash", "help": "circle-help",
    "helpful": "thumbs-up", "hide": "eye-off", "home": "house", "info": "info", "inbox": "inbox",
    "invite": "user-plus", "key": "key-round", "language": "languages", "link": "link", "list": "list",
    "log": "scroll-text", "log_in": "log-in", "log_out": "log-out", "mail": "mail", "mention": "at-sign",
    "moderation": "shield", "more": "ellipsis", "mute": "bell-off", "next": "chevron-right",
    "notifications": "bell", "open": "chevron-down", "partner": "handshake", "person": "user-round",
    "picture": "image", "pin": "pin", "poll": "chart-bar-big", "public": "globe", "quote": "quote",
    "react": "smile-plus", "reply": "reply", "report": "flag", "schedule": "calendar-clock",
    "search": "search", "server": "server", "settings": "settings", "strength": "sparkles",
    "undo": "undo-2", "unlisted": "moon", "upload": "upload", "video": "clapperboard",
    "warning": "triangle-alert", "write": "pen-line",
}  # fmt: skip
PARTS = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)


def build(folder: Path) -> str:
    """Return the file of symbols, each as wide and high as 24 units."""
    symbols = [_read_symbol(folder / f"{source}.svg", name) for name, source in sorted(ICONS.items())]
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def _read_symbol(path: Path, name: str) -> str:
    match = PARTS.search(path.read_text(encoding="utf-8"))
    assert match is not None, path
    parts = "".join(line.strip() for line in match[1].splitlines())
    return f'<symbol id="{name}" viewBox="0 0 24 24">{parts}</symbol>\n'


def main() -> None:
    """Write the file and print its digest."""
    text = build(Path(sys.argv[1]) / "icons")
    TARGET.write_text(text, encoding="utf-8")
    print(hashlib.sha512(text.encode()).hexdigest())


if __name__ == "__main__":
    main()
