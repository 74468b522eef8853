"""The parameter `interaction_policy`, as in GoToSocial's API: who may reply to, like and boost a status."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.timelines import interaction_policies, post_policies


class InteractionRuleParams(Struct, frozen=True):
    """Names of audiences; `always` and `with_approval` are what older clients send."""

    automatic_approval: list[str] = []
    manual_approval: list[str] = []
    always: list[str] = []
    with_approval: list[str] = []


class InteractionPolicyParams(Struct, frozen=True):
    can_favourite: InteractionRuleParams | None = None
    can_reply: InteractionRuleParams | None = None
    can_reblog: InteractionRuleParams | None = None


def parse_policy(params: InteractionPolicyParams | None) -> str:
    """Return the policy as it is stored, '' without one: everybody may. Raises InvalidError."""
    if params is None:
        return ""

    def to_rule(rule_params: InteractionRuleParams | None, name: str) -> post_policies.PostPolicyRule | None:
        if rule_params is None:
            return None
        automatic = (*rule_params.automatic_approval, *rule_params.always)
        manual = (*rule_params.manual_approval, *rule_params.with_approval)
        return interaction_policies.build_rule(automatic, manual, f"interaction_policy[{name}]")

    policy = post_policies.PostPolicy(
        like=to_rule(params.can_favourite, "can_favourite"),
        reply=to_rule(params.can_reply, "can_reply"),
        announce=to_rule(params.can_reblog, "can_reblog"),
    )
    return post_policies.encode(policy)
