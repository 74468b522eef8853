"""The rules of the community, as the configuration lists them; a report may name those that were broken."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError


class CommunityRule(Struct, frozen=True):
    """A rule; its number is its place in the list, from 1."""

    number: int
    text: str


def list_all(site: NodeContext) -> list[CommunityRule]:
    """All rules, in their order."""
    return [CommunityRule(number, text) for number, text in enumerate(site.config.community.rules, start=1)]


def list_by_numbers(site: NodeContext, numbers: Iterable[int]) -> list[CommunityRule]:
    """The rules of these numbers that there still are."""
    wanted = set(numbers)
    return [rule for rule in list_all(site) if rule.number in wanted]


def parse_numbers(named: str) -> list[int]:
    """The numbers that an act names, as they are written down."""
    return [int(each) for each in named.split(",") if each.isdecimal()]


def check_numbers(site: NodeContext, numbers: Iterable[int]) -> tuple[int, ...]:
    """The numbers, sorted, each once. Raises Invalid if one is none."""
    wanted = sorted(set(numbers))
    if len(list_by_numbers(site, wanted)) != len(wanted):
        raise InvalidError("rule_ids", "does not reference valid rules")
    return tuple(wanted)
