"""Names of form fields in the notation of Rails, turned into nested values.

`a[b]=1` is an object, `a[]=1` a list, `a[0][b]=1` a list by index, `a[][b]=1` a list of objects
where a repeated name begins the next one. Clients of the Mastodon API send all four.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fedserver.domain.kernel.errors import InvalidError

MAX_DEPTH = 5  # names in Mastodon's API have three parts at most
MAX_FIELDS = 2_000
Value = Any


def nest(pairs: Iterable[tuple[str, Value]]) -> dict[str, Value]:
    """Return nested dicts and lists of names and values. Raises InvalidError for too deep or too many."""
    top: dict[str, Value] = {}
    for count, (name, value) in enumerate(pairs):
        if count >= MAX_FIELDS:
            raise InvalidError("body", f"has more than {MAX_FIELDS} fields")
        _insert(top, _parse_path(name), value)
    return {name: _to_lists(value) for name, value in top.items()}


def _parse_path(name: str) -> list[str]:
    head, bracket, rest = name.partition("[")
    if not bracket or not rest.endswith("]") or not head:
        return [name]
    path = [head, *rest[:-1].split("][")]
    if len(path) > MAX_DEPTH:
        raise InvalidError("body", f"nests fields deeper than {MAX_DEPTH}")
    return path


def _insert(container: dict[str, Value], path: list[str], value: Value) -> None:
    for depth, part in enumerate(path[:-1]):
        following = path[depth + 1 :]
        if part == "":
            part = _find_element_index(container, following)
        inner = container.setdefault(part, {})
        if not isinstance(inner, dict):
            raise InvalidError(path[0], "is given both as a value and as a group")
        container = inner
    last = path[-1]
    if last == "":
        container[str(len(container))] = value
    else:
        container[last] = value


def _find_element_index(container: dict[str, Value], following: list[str]) -> str:
    """Return the index of the element that `a[][following]` belongs to: a repeated name begins the next."""
    newest = str(len(container) - 1)
    element = container.get(newest)
    if not isinstance(element, dict) or (following[-1] != "" and _has_path(element, following)):
        return str(len(container))
    return newest


def _has_path(element: dict[str, Value], path: list[str]) -> bool:
    inner: Value = element
    for part in path:
        if not isinstance(inner, dict) or part not in inner:
            return False
        inner = inner[part]
    return True


def _to_lists(value: Value) -> Value:
    if not isinstance(value, dict):
        return value
    inner = {name: _to_lists(child) for name, child in value.items()}
    if inner and all(name.isascii() and name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=lambda name: (len(name), name))]
    return inner
