"""Who may answer, like and boost a status, as GoToSocial's API has it: the parameter `interaction_policy`."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.timelines import interaction_policies, post_policies


class InteractionRuleParams(Struct, frozen=True):
    """Words for people; the later names are those of older clients."""

    automatic_approval: list[str] = []
    manual_approval: list[str] = []
    always: list[str] = []
    with_approval: list[str] = []


class InteractionPolicyParams(Struct, frozen=True):
    can_favourite: InteractionRuleParams | None = None
    can_reply: InteractionRuleParams | None = None
    can_reblog: InteractionRuleParams | None = None


def parse_policy(params: InteractionPolicyParams | None) -> str:
    """Return the stored form of a client's policy; everybody may without one. Raises InvalidError."""
    if params is None:
        return ""

    def rule(given: InteractionRuleParams | None, name: str) -> post_policies.PostPolicyRule | None:
        if given is None:
            return None
        words = (*given.automatic_approval, *given.always)
        asked = (*given.manual_approval, *given.with_approval)
        return interaction_policies.build_rule(words, asked, f"interaction_policy[{name}]")

    policy = post_policies.PostPolicy(
        like=rule(params.can_favourite, "can_favourite"),
        reply=rule(params.can_reply, "can_reply"),
        announce=rule(params.can_reblog, "can_reblog"),
    )
    return post_policies.encode(policy)
