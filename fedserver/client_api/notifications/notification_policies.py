"""Notification policies (docs.joinmastodon.org/methods/notifications#get-policy), versions 1 and 2.

Version 1 has booleans: true filters. Client libraries change a policy by PUT or by PATCH.
"""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from fedserver.domain.notifications import notification_policies, policy
from fedserver.web.endpoint import USER, Call, NoParams, Routes

routes = Routes("client_api")
ACCEPT, FILTER = policy.ACCEPT, policy.FILTER
V1, V2 = "/api/v1/notifications/policy", "/api/v2/notifications/policy"
READ, WRITE = "read:notifications", "write:notifications"


class NotificationPolicySummary(Struct, frozen=True):
    pending_requests_count: int
    pending_notifications_count: int


class NotificationPolicy(Struct, frozen=True):
    for_not_following: str
    for_not_followers: str
    for_new_accounts: str
    for_private_mentions: str
    for_limited_accounts: str
    summary: NotificationPolicySummary


class NotificationPolicyParams(Struct, frozen=True):
    for_not_following: str | UnsetType = UNSET
    for_not_followers: str | UnsetType = UNSET
    for_new_accounts: str | UnsetType = UNSET
    for_private_mentions: str | UnsetType = UNSET
    for_limited_accounts: str | UnsetType = UNSET


class NotificationPolicyV1(Struct, frozen=True):
    filter_not_following: bool
    filter_not_followers: bool
    filter_new_accounts: bool
    filter_private_mentions: bool
    summary: NotificationPolicySummary


class NotificationPolicyV1Params(Struct, frozen=True):
    filter_not_following: bool | UnsetType = UNSET
    filter_not_followers: bool | UnsetType = UNSET
    filter_new_accounts: bool | UnsetType = UNSET
    filter_private_mentions: bool | UnsetType = UNSET


def _render_summary(view: notification_policies.NotificationPolicyView) -> NotificationPolicySummary:
    return NotificationPolicySummary(view.pending_requests_count, view.pending_notifications_count)


def _render_policy(view: notification_policies.NotificationPolicyView) -> NotificationPolicy:
    choices = {name: getattr(view.row, name) for name in NotificationPolicyParams.__struct_fields__}
    return NotificationPolicy(**choices, summary=_render_summary(view))


def _render_policy_v1(view: notification_policies.NotificationPolicyView) -> NotificationPolicyV1:
    filtered = {
        name: getattr(view.row, name.replace("filter_", "for_", 1)) != ACCEPT
        for name in NotificationPolicyV1Params.__struct_fields__
    }
    return NotificationPolicyV1(**filtered, summary=_render_summary(view))


def _collect_set_fields(params: Struct) -> dict[str, object]:
    """Return the fields that the request sets."""
    values = {name: getattr(params, name) for name in params.__struct_fields__}
    return {name: value for name, value in values.items() if value is not UNSET}


@routes.get(V2, auth=USER, scope=READ)
async def show(call: Call[NoParams]) -> NotificationPolicy:
    return _render_policy(await notification_policies.get(call.tx, call.account))


@routes.patch(V2, auth=USER, scope=WRITE, params=NotificationPolicyParams)
@routes.put(V2, auth=USER, scope=WRITE, params=NotificationPolicyParams)
async def update(call: Call[NotificationPolicyParams]) -> NotificationPolicy:
    choices = {name: str(choice) for name, choice in _collect_set_fields(call.params).items()}
    return _render_policy(await notification_policies.update(call.tx, call.account, choices))


@routes.get(V1, auth=USER, scope=READ)
async def show_v1(call: Call[NoParams]) -> NotificationPolicyV1:
    return _render_policy_v1(await notification_policies.get(call.tx, call.account))


@routes.patch(V1, auth=USER, scope=WRITE, params=NotificationPolicyV1Params)
@routes.put(V1, auth=USER, scope=WRITE, params=NotificationPolicyV1Params)
async def update_v1(call: Call[NotificationPolicyV1Params]) -> NotificationPolicyV1:
    choices = {
        name.replace("filter_", "for_", 1): FILTER if is_filtered else ACCEPT
        for name, is_filtered in _collect_set_fields(call.params).items()
    }
    return _render_policy_v1(await notification_policies.update(call.tx, call.account, choices))
