"""The rules of the community, as the configuration lists them; reports name those that were broken."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.text.locales import gettext


class CommunityRule(Struct, frozen=True):
    """A rule; its number is its position in the list, from 1."""

    number: int
    text: str


def list_all(site: NodeContext) -> list[CommunityRule]:
    """Return all rules, in their order."""
    return [CommunityRule(number, text) for number, text in enumerate(site.config.community.rules, start=1)]


def list_by_numbers(site: NodeContext, numbers: Iterable[int]) -> list[CommunityRule]:
    """Return the rules with these numbers; numbers of removed rules are left out."""
    requested = set(numbers)
    return [rule for rule in list_all(site) if rule.number in requested]


def parse_numbers(text: str) -> list[int]:
    """Return the numbers that an entry of the audit log holds, separated by commas."""
    return [int(number) for number in text.split(",") if number.isdecimal()]


def check_numbers(site: NodeContext, numbers: Iterable[int]) -> tuple[int, ...]:
    """Return the numbers, sorted, each once. Raises InvalidError if there is no such rule."""
    requested = sorted(set(numbers))
    if len(list_by_numbers(site, requested)) != len(requested):
        raise InvalidError(
            "rule_ids",
            "does not reference valid rules",
            message=gettext("Please choose from the list of rules."),
        )
    return tuple(requested)
