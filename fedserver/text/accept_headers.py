"""Read the headers in which clients weigh what they take: `Accept`, `Accept-Language`, `Accept-Encoding`.

RFC 9110 §12.4.2 (weights) and §12.5. Names are compared without regard to case, a weight of 0 means "not
acceptable", and the order of the items decides only between equal weights. Results are kept by the text of
the header, as clients send the same few texts.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

# Headers are not trusted: no one weighs more items than this, and longer ones cost time.
MAX_ITEMS = 20
MAX_HEADER = 1_000
CACHE_SIZE = 1_024
# Commas and semicolons may stand in a quoted parameter, as in the profile of a media type.
ITEM = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+')
PARAMETER = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*"?)+')
WEIGHT = re.compile(r"0(?:\.\d*)?|1(?:\.0*)?|\.\d+", re.ASCII)


class WeightedItem(NamedTuple):
    """An item of such a header: its name in lower case, and its weight from 0 to 1."""

    name: str
    weight: float


class _Rank(NamedTuple):
    """The preference of a client for a media type; the greater one wins."""

    weight: float
    specificity: int  # 2 for the type itself, 1 for type/*, 0 for */*
    place: int  # negative: what stands first is preferred among equals


NOT_NAMED = _Rank(0.0, -1, 0)


@lru_cache(maxsize=CACHE_SIZE)
def parse(header: str) -> tuple[WeightedItem, ...]:
    """Return the items of a header in their order, without those whose weight cannot be read."""
    items = []
    for match in ITEM.findall(header[:MAX_HEADER])[:MAX_ITEMS]:
        name, _, rest = match.partition(";")
        weight = _read_weight(PARAMETER.findall(rest))
        if name.strip() and weight is not None:
            items.append(WeightedItem(name.strip().lower(), weight))
    return tuple(items)


def _read_weight(parameters: list[str]) -> float | None:
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "q":
            return float(value) if WEIGHT.fullmatch(value := value.strip()) else None
    return 1.0


@lru_cache(maxsize=CACHE_SIZE)
def prefers(accept: str, wanted: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Return True if an `Accept` prefers one of the media types `wanted` to all `others` (RFC 9110 §12.5.1).

    The most specific range that matches a type gives its weight. Among equal weights the type that is named
    wins over one that only `*/*` covers, then the first one. False where nothing tells them apart.
    """
    items = parse(accept)
    best = max(_rank(items, media_type) for media_type in wanted)
    return best.weight > 0 and best > max(_rank(items, media_type) for media_type in others)


def _rank(items: tuple[WeightedItem, ...], media_type: str) -> _Rank:
    ranges = {"*/*": 0, f"{media_type.partition('/')[0]}/*": 1, media_type: 2}
    matching = [
        (ranges[item.name], _Rank(item.weight, ranges[item.name], -place))
        for place, item in enumerate(items)
        if item.name in ranges
    ]
    return max(matching)[1] if matching else NOT_NAMED
