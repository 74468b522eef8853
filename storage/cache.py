"""What a process remembers of a database: caches, and nothing but caches.

A room may forget at any time, and when it is full does so with the half that was used least recently. What is
kept here is checked against the database by its version, or is short-lived.
"""

from __future__ import annotations

from typing import Any


class LruCache:
    """Values by key, at most twice `most`: a young half and an old one. It counts how often it knew."""

    __slots__ = ("_most", "_old", "_young", "hits", "misses")

    def __init__(self, most: int) -> None:
        self._most = most
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
        if len(self._young) >= self._most:
            self._old, self._young = self._young, {}
        self._young[key] = value


class CacheRegistry:
    """The rooms of one database."""

    def __init__(self) -> None:
        self.rooms: dict[str, LruCache] = {}

    def room(self, name: str, most: int) -> LruCache:
        """The room of that name; `most` counts when it is asked for first."""
        found = self.rooms.get(name)
        if found is None:
            found = self.rooms[name] = LruCache(most)
        return found
