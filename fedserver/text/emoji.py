"""Whether a text is exactly one emoji: a pictograph, a flag, a keycap, or a joined sequence (UTS #51)."""

from __future__ import annotations

import re
from functools import cache

from fedserver.on_demand import on_demand

# It holds 10 MB of tables, which a node without emoji reactions never needs.
emoji = on_demand("emoji")
MAX_LENGTH = 16  # code points; the longest in use have ten, flags of regions fewer
VARIATION_SELECTOR = "\ufe0f"  # asks for the picture of a character that is text by default
_SKIN_TONES = "\U0001f3fb-\U0001f3ff"
_TAGS = "[\U000e0020-\U000e007e]+\U000e007f"  # the letters of a region, for flags such as that of Scotland
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_KEYCAP = f"[0-9#*]{VARIATION_SELECTOR}?\u20e3"


@cache
def _compile_pattern() -> re.Pattern[str]:
    """Return the pattern of one emoji. The emoji package knows which characters are pictographs."""
    names = (name.replace(VARIATION_SELECTOR, "") for name in emoji.EMOJI_DATA)
    pictographs = "".join(sorted({re.escape(name) for name in names if len(name) == 1}))
    # Skin tones are emoji of their own in the tables, but only modify what is before them.
    element = f"(?:(?![{_SKIN_TONES}])[{pictographs}]{VARIATION_SELECTOR}?[{_SKIN_TONES}]?(?:{_TAGS})?)"
    return re.compile(f"{_FLAG}|{_KEYCAP}|{element}(?:\u200d{element})*")


def is_emoji(text: str) -> bool:
    """Return True if the text is exactly one emoji."""
    return len(text) <= MAX_LENGTH and _compile_pattern().fullmatch(text) is not None
