"""The rules of the community, which admins change; reports name those that were broken."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, structs

from fedserver.config_settings import RuleConfig, RuleTexts
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.text.locales import current_locale, gettext


class CommunityRule(Struct, frozen=True):
    """A rule; its number never changes. `translations` are its texts by language."""

    number: int
    text: str
    hint: str = ""
    translations: dict[str, RuleTexts] = {}


def list_all(site: NodeContext) -> list[CommunityRule]:
    """Return the rules that hold, in their order."""
    return [rule for rule, is_removed in _list_entries(site) if not is_removed]


def list_translated(site: NodeContext) -> list[CommunityRule]:
    """Return the rules that hold, in the current locale as far as they are translated."""
    return [translate_rule(rule) for rule in list_all(site)]


def translate_rule(rule: CommunityRule) -> CommunityRule:
    """Return a rule with its texts in the current locale, if they are translated."""
    texts = rule.translations.get(current_locale())
    return structs.replace(rule, text=texts.text, hint=texts.hint) if texts is not None else rule


def _list_entries(site: NodeContext) -> list[tuple[CommunityRule, bool]]:
    """Return each rule, and whether it was removed."""
    entries = []
    for position, rule in enumerate(site.config.community.rules, start=1):
        entry = RuleConfig(rule) if isinstance(rule, str) else rule
        number = entry.number or position
        entries.append((CommunityRule(number, entry.text, entry.hint, entry.translations), entry.removed))
    return entries


def list_by_numbers(site: NodeContext, numbers: Iterable[int]) -> list[CommunityRule]:
    """Return the rules with these numbers in the current locale, also those that were removed since."""
    requested = set(numbers)
    return [translate_rule(rule) for rule, _ in _list_entries(site) if rule.number in requested]


def parse_numbers(text: str) -> list[int]:
    """Return the numbers that an entry of the audit log holds, separated by commas."""
    return [int(number) for number in text.split(",") if number.isdecimal()]


def check_numbers(site: NodeContext, numbers: Iterable[int], former: Iterable[int] = ()) -> tuple[int, ...]:
    """Return the numbers, sorted, each once. Raises InvalidError if there is no such rule.

    A removed rule can be named no more, but for `former` ones that a report names already.
    """
    requested = sorted(set(numbers))
    known = {rule.number for rule in list_all(site)} | set(former)
    if not known.issuperset(requested):
        raise InvalidError(
            "rule_ids",
            "does not reference valid rules",
            message=gettext("Please choose from the list of rules."),
        )
    return tuple(requested)
