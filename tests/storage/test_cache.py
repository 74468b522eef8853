"""The one cache: bounded, with counted lookups."""

from __future__ import annotations

from storage.cache import CacheRegistry, LruCache


def test_get_counts_hits_and_misses() -> None:
    cache = LruCache(2)
    assert cache.get("a") is None
    cache.store("a", 1)
    assert cache.get("a") == 1
    assert (cache.hits, cache.misses) == (1, 1)


def test_put_beyond_the_bound_forgets_what_was_used_least_recently() -> None:
    cache = LruCache(2)
    for key in "abcdef":
        cache.store(key, key.upper())
        assert cache.get("a") == "A"
        assert len(cache) <= 4
    assert cache.get("b") is None


def test_remove_forgets_young_and_old_values_and_accepts_unknown_keys() -> None:
    cache = LruCache(1)
    cache.store("old", 1)
    cache.store("young", 2)
    for key in ("old", "young", "unknown"):
        cache.remove(key)
    assert len(cache) == 0
    assert cache.get("old") is None
    assert cache.get("young") is None


def test_get_cache_returns_one_cache_per_name() -> None:
    registry = CacheRegistry()
    assert registry.get_cache("posts", 2) is registry.get_cache("posts", 99)
    assert registry.get_cache("posts", 2) is not registry.get_cache("accounts", 2)
