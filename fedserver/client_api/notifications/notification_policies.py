"""What one wants to be told (docs.joinmastodon.org/methods/notifications#get-policy), versions 1 and 2.

Version 1 knows yes and no: yes keeps back. Client libraries change a policy by PUT or by PATCH.
"""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from fedserver.domain.notifications import notification_policies, policy
from fedserver.web.endpoint import USER, Call, Nothing, Routes

routes = Routes("client_api")
ACCEPT, FILTER = policy.ACCEPT, policy.FILTER
V1, V2 = "/api/v1/notifications/policy", "/api/v2/notifications/policy"
READ, WRITE = "read:notifications", "write:notifications"


class Summary(Struct, frozen=True):
    pending_requests_count: int
    pending_notifications_count: int


class Policy(Struct, frozen=True):
    for_not_following: str
    for_not_followers: str
    for_new_accounts: str
    for_private_mentions: str
    for_limited_accounts: str
    summary: Summary


class PolicyParams(Struct, frozen=True):
    for_not_following: str | UnsetType = UNSET
    for_not_followers: str | UnsetType = UNSET
    for_new_accounts: str | UnsetType = UNSET
    for_private_mentions: str | UnsetType = UNSET
    for_limited_accounts: str | UnsetType = UNSET


class FirstPolicy(Struct, frozen=True):
    filter_not_following: bool
    filter_not_followers: bool
    filter_new_accounts: bool
    filter_private_mentions: bool
    summary: Summary


class FirstPolicyParams(Struct, frozen=True):
    filter_not_following: bool | UnsetType = UNSET
    filter_not_followers: bool | UnsetType = UNSET
    filter_new_accounts: bool | UnsetType = UNSET
    filter_private_mentions: bool | UnsetType = UNSET


def _summary(found: notification_policies.Policy) -> Summary:
    return Summary(found.requests, found.notifications)


def _policy(found: notification_policies.Policy) -> Policy:
    words = {name: getattr(found.row, name) for name in PolicyParams.__struct_fields__}
    return Policy(**words, summary=_summary(found))


def _first(found: notification_policies.Policy) -> FirstPolicy:
    kept_back = {
        name: getattr(found.row, name.replace("filter_", "for_", 1)) != ACCEPT
        for name in FirstPolicyParams.__struct_fields__
    }
    return FirstPolicy(**kept_back, summary=_summary(found))


def _given(params: Struct) -> dict[str, object]:
    values = {name: getattr(params, name) for name in params.__struct_fields__}
    return {name: value for name, value in values.items() if value is not UNSET}


@routes.get(V2, who=USER, scope=READ)
async def show(call: Call[Nothing]) -> Policy:
    return _policy(await notification_policies.get(call.tx, call.account))


@routes.patch(V2, who=USER, scope=WRITE, params=PolicyParams)
@routes.put(V2, who=USER, scope=WRITE, params=PolicyParams)
async def change(call: Call[PolicyParams]) -> Policy:
    choices = {name: str(word) for name, word in _given(call.params).items()}
    return _policy(await notification_policies.change(call.tx, call.account, choices))


@routes.get(V1, who=USER, scope=READ)
async def show_first(call: Call[Nothing]) -> FirstPolicy:
    return _first(await notification_policies.get(call.tx, call.account))


@routes.patch(V1, who=USER, scope=WRITE, params=FirstPolicyParams)
@routes.put(V1, who=USER, scope=WRITE, params=FirstPolicyParams)
async def change_first(call: Call[FirstPolicyParams]) -> FirstPolicy:
    choices = {
        name.replace("filter_", "for_", 1): FILTER if kept_back else ACCEPT
        for name, kept_back in _given(call.params).items()
    }
    return _first(await notification_policies.change(call.tx, call.account, choices))
