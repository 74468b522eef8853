"""The rules of the community, as the configuration lists them; a report may name those that were broken."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from fedserver.domain.kernel.context import Site
from fedserver.domain.kernel.errors import Invalid


class Rule(Struct, frozen=True):
    """A rule; its number is its place in the list, from 1."""

    number: int
    text: str


def every(site: Site) -> list[Rule]:
    """All rules, in their order."""
    return [Rule(number, text) for number, text in enumerate(site.config.community.rules, start=1)]


def some(site: Site, numbers: Iterable[int]) -> list[Rule]:
    """The rules of these numbers that there still are."""
    wanted = set(numbers)
    return [rule for rule in every(site) if rule.number in wanted]


def numbers(named: str) -> list[int]:
    """The numbers that an act names, as they are written down."""
    return [int(each) for each in named.split(",") if each.isdecimal()]


def check(site: Site, numbers: Iterable[int]) -> tuple[int, ...]:
    """The numbers, sorted, each once. Raises Invalid if one is none."""
    wanted = sorted(set(numbers))
    if len(some(site, wanted)) != len(wanted):
        raise Invalid("rule_ids", "does not reference valid rules")
    return tuple(wanted)
