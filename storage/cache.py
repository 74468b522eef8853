"""Caches that a process keeps of a database.

A cache may drop an entry at any time. An entry is checked against the database by its version, or is
short-lived.
"""

from __future__ import annotations

from typing import Any


class LruCache:
    """Values by key, at most twice `max_size`: a young half and an old one. Counts its hits and misses.

    When the young half is full it becomes the old one, and the rest of that is forgotten: nearly the order of
    least recent use, for the price of a dict.
    """

    __slots__ = ("_max_size", "_old", "_young", "hits", "misses")

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self.hits = self.misses = 0
        self._young: dict[Any, Any] = {}
        self._old: dict[Any, Any] = {}

    def get(self, key: Any) -> Any:
        """Return the value of a key, None if there is none."""
        value = self._young.get(key)
        if value is None and (value := self._old.pop(key, None)) is not None:
            self.store(key, value)
        if value is None:
            self.misses += 1
        else:
            self.hits += 1
        return value

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def store(self, key: Any, value: Any) -> None:
        """Store a value, which must not be None."""
        if len(self._young) >= self._max_size:
            self._old, self._young = self._young, {}
        self._young[key] = value

    def remove(self, key: Any) -> None:
        """Forget the value of a key, if there is one."""
        self._young.pop(key, None)
        self._old.pop(key, None)


class CacheRegistry:
    """The caches of one database, by name."""

    def __init__(self) -> None:
        self.caches: dict[str, LruCache] = {}

    def get_cache(self, name: str, max_size: int) -> LruCache:
        """Return the cache of that name; `max_size` counts when it is asked for first."""
        cache = self.caches.get(name)
        if cache is None:
            cache = self.caches[name] = LruCache(max_size)
        return cache
