"""What a process remembers of a database: caches, and nothing but caches.

A room may forget at any time, and when it is full does so with the half that was used least recently. What is
kept here is checked against the database by its version, or is short-lived.
"""

from __future__ import annotations

from typing import Any


class Room:
    """Values by key, at most twice `most`: a young half and an old one."""

    __slots__ = ("_most", "_old", "_young")

    def __init__(self, most: int) -> None:
        self._most = most
        self._young: dict[Any, Any] = {}
        self._old: dict[Any, Any] = {}

    def get(self, key: Any) -> Any:
        """The value, None if it is not known."""
        found = self._young.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.put(key, found)
        return found

    def put(self, key: Any, value: Any) -> None:
        """Remember a value that is not None."""
        if len(self._young) >= self._most:
            self._old, self._young = self._young, {}
        self._young[key] = value


class Memory:
    """The rooms of one database."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    def room(self, name: str, most: int) -> Room:
        """The room of that name; `most` counts when it is asked for first."""
        found = self._rooms.get(name)
        if found is None:
            found = self._rooms[name] = Room(most)
        return found
