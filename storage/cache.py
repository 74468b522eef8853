"""What a process remembers of a database: caches, and nothing but caches.

A room may forget at any time, and when it is full does so with the half that was used least recently. What is
kept here is checked against the database by its version, or is short-lived.
"""

from __future__ import annotations

from typing import Any


class LruCache:
    """Values by key, at most twice `most`: a young half and an old one. It counts how often it knew."""

    __slots__ = ("_max_size", "_old", "_young", "hits", "misses")

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self.hits = self.misses = 0
        self._young: dict[Any, Any] = {}
        self._old: dict[Any, Any] = {}

    def get(self, key: Any) -> Any:
        """The value, None if it is not known."""
        found = self._young.get(key)
        if found is None and (found := self._old.pop(key, None)) is not None:
            self.put(key, found)
        if found is None:
            self.misses += 1
        else:
            self.hits += 1
        return found

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def put(self, key: Any, value: Any) -> None:
        """Remember a value that is not None."""
        if len(self._young) >= self._max_size:
            self._old, self._young = self._young, {}
        self._young[key] = value


class CacheRegistry:
    """The rooms of one database."""

    def __init__(self) -> None:
        self.caches: dict[str, LruCache] = {}

    def get_cache(self, name: str, max_size: int) -> LruCache:
        """The room of that name; `most` counts when it is asked for first."""
        found = self.caches.get(name)
        if found is None:
            found = self.caches[name] = LruCache(max_size)
        return found
