"""One valid request for every endpoint that changes something or has an id in its path.

A `{name}` in a body stands for an id that the `RequestWorld` knows by that name.
"""

from __future__ import annotations

from typing import Any

from fedserver.node import list_endpoints
from tests.kit.nodes import PASSWORD
from tests.kit.push import Device

ADMIN = "/api/v1/admin"
REDIRECT_URI = "urn:ietf:wg:oauth:2.0:oob"
Row = tuple[str, dict[str, Any]]
"""The kind of object in the path, '' for none, and the body."""


def list_writing_endpoints() -> set[str]:
    """Return `METHOD /path` of every endpoint for programs that changes something."""
    return {
        f"{endpoint.method} {endpoint.path}"
        for endpoint in list_endpoints()
        if endpoint.method != "GET" and endpoint.path.startswith(("/api/", "/oauth/"))
    }


def list_endpoints_with_ids() -> set[str]:
    """Return `METHOD /path` of every endpoint for programs that names an object in its path."""
    return {
        f"{endpoint.method} {endpoint.path}"
        for endpoint in list_endpoints()
        if "{" in endpoint.path and endpoint.path.startswith(("/api/", "/oauth/"))
    }


def _make_rows(path: str, kind: str, *requests: str, **body: Any) -> dict[str, Row]:
    """Return rows under one path; each request is `METHOD` or `METHOD /further`."""
    rows = {}
    for request in requests:
        method, _, further = request.partition(" ")
        rows[f"{method} {path}{further}"] = (kind, body)
    return rows


def _account_rows() -> dict[str, Row]:
    path, verbs = "/api/v1/accounts/{id}", "unfollow remove_from_followers block unblock unmute"
    reads = "collections endorsements featured_tags followers following in_collections lists statuses"
    pins = "endorse unendorse pin unpin"
    return {
        **_make_rows(path, "account", "GET", *(f"GET /{verb}" for verb in reads.split())),
        **_make_rows(path, "account", *(f"POST /{verb}" for verb in verbs.split())),
        **_make_rows(path, "followed", *(f"POST /{verb}" for verb in pins.split())),
        **_make_rows(path, "account", "POST /follow", reblogs=True, notify=True, languages=["en"]),
        **_make_rows(path, "account", "POST /mute", notifications=True, duration=60),
        **_make_rows(path, "account", "POST /note", comment="a neighbour"),
        **_make_rows(path, "account", "POST /email_subscriptions", email="reader@mail.test"),
        **_make_rows("/api/v1/follow_requests/{id}", "follower", "POST /authorize", "POST /reject"),
        **_make_rows("/api/v1/suggestions/{id}", "account", "DELETE"),
        **_make_rows("/api/v1/accounts/alias", "", "POST", also_known_as_uris=["@bob"]),
        **_make_rows("/api/v1/accounts/delete", "", "POST", password="not the password"),
        **_make_rows("/api/v1/accounts/move", "", "POST", password="not the password", moved_to_uri="@bob"),
        **_make_rows("/api/v1/emails/confirmations", "", "POST", email="new@mail.test"),
        **_make_rows("/api/v1/domain_blocks", "", "POST", "DELETE", domain="noise.test"),
        **_make_rows(
            "/api/v1/reports",
            "",
            "POST",
            account_id="{bob}",
            status_ids=["{bobs_post}"],
            comment="hm",
            category="other",
            rule_ids=[],
            forward=False,
        ),
    }


def _profile_rows() -> dict[str, Row]:
    profile: dict[str, Any] = {
        "display_name": "Ann",
        "note": "hi",
        "avatar": None,
        "header": None,
        "avatar_description": "a face",
        "header_description": "hills",
        "locked": False,
        "bot": False,
        "discoverable": True,
        "indexable": True,
        "hide_collections": False,
        "show_featured": True,
        "show_media": True,
        "show_media_replies": True,
        "attribution_domains": ["ann.test"],
        "fields_attributes": [{"name": "Town", "value": "Ghent"}],
    }
    source = {"privacy": "public", "sensitive": False, "language": "en", "quote_policy": "public"}
    subscription, data = Device().make_subscription(), {"alerts": {"mention": True}, "policy": "all"}
    new = {"username": "zoe", "email": "zoe@mail.test", "password": PASSWORD, "agreement": True}
    return {
        **_make_rows("/api/v1/profile", "", "PUT", "PATCH", **profile),
        **_make_rows("/api/v1/profile", "", "DELETE /avatar", "DELETE /header"),
        **_make_rows("/api/v1/accounts/update_credentials", "", "PATCH", **profile, source=source),
        **_make_rows("/api/v1/accounts", "", "POST", **new, locale="en", reason="", invite_code=""),
        **_make_rows(
            "/api/v1/push/subscription", "", "POST", subscription=subscription, data=data, policy="all"
        ),
        **_make_rows("/api/v1/push/subscription", "", "PUT", data=data, policy="all"),
        **_make_rows("/api/v1/push/subscription", "", "DELETE"),
        **_make_rows("/api/v1/featured_tags", "", "POST", name="bicycles"),
        **_make_rows("/api/v1/featured_tags/{id}", "featured_tag", "DELETE"),
        **_make_rows("/api/v1/tags/{name}", "tag", "POST /follow", "POST /unfollow", "POST /feature", "GET"),
        **_make_rows("/api/v1/tags/{name}", "tag", "POST /unfeature"),
    }


def _status_rows() -> dict[str, Row]:
    path = "/api/v1/statuses/{id}"
    verbs = "favourite unfavourite unreblog bookmark unbookmark pin unpin mute unmute"
    reads = "context favourited_by history quotes reblogged_by source"
    common: dict[str, Any] = {
        "status": "hello",
        "spoiler_text": "",
        "sensitive": False,
        "language": "en",
        "media_ids": [],
        "content_type": "text/plain",
        "title": "",
        "summary": "",
        "draft": False,
        "visibility": "public",
        "local_only": False,
        "partners_only": False,
        "cover_id": None,
        "poll": None,
        "quote_approval_policy": "public",
    }
    allowed = {"can_reply": {"automatic_approval": ["followers"], "manual_approval": []}}
    new = {
        "interaction_policy": allowed,
        "in_reply_to_id": "{post}",
    }
    old = {"quoted_status_id": None, "media_attributes": []}
    return {
        **_make_rows("/api/v1/statuses", "", "POST", **common, **new, scheduled_at="", quoted_status_id=None),
        **_make_rows(path, "status", "GET", *(f"GET /{verb}" for verb in reads.split())),
        **_make_rows(path, "status", "DELETE", delete_media=False),
        **_make_rows(path, "status", *(f"POST /{verb}" for verb in verbs.split())),
        **_make_rows(path, "status", "POST /reblog", visibility="public"),
        **_make_rows(path, "status", "PUT", **common, **old),
        **_make_rows(
            path,
            "status",
            "PUT /interaction_policy",
            quote_approval_policy="followers",
            interaction_policy=allowed,
        ),
        **_make_rows(path, "status", "POST /translate", lang="en"),
        **_make_rows("/api/v1/pleroma/statuses/{id}/reactions/{name}", "status_emoji", "PUT", "DELETE"),
        **_make_rows(path, "quote", "POST /quotes/{quoting_id}/revoke"),
        **_make_rows("/api/v1/scheduled_statuses/{id}", "scheduled", "GET", "DELETE"),
        **_make_rows(
            "/api/v1/scheduled_statuses/{id}", "scheduled", "PUT", scheduled_at="2031-01-01T00:00:00Z"
        ),
        **_make_rows("/api/v1/polls/{id}", "poll", "GET"),
        **_make_rows("/api/v1/polls/{id}", "poll", "POST /votes", choices=[0]),
        **_make_rows("/api/v1/media/{id}", "media", "GET", "DELETE"),
        **_make_rows("/api/v1/media/{id}", "media", "PUT", description="a", focus="0,0", thumbnail=None),
        **_make_rows("/api/v1/media", "", "POST", file=None, thumbnail=None, description="a", focus="0,0"),
        **_make_rows("/api/v2/media", "", "POST", file=None, thumbnail=None, description="a", focus="0,0"),
        **_make_rows("/api/v1/timelines/tag/{tag}", "tag", "GET"),
        **_make_rows("/api/v1_alpha/async_refreshes/{id}", "refresh", "GET"),
    }


def _private_rows() -> dict[str, Row]:
    """Return the rows about what members keep for themselves."""
    v2 = {"title": "Towns", "context": ["home"], "filter_action": "warn", "expires_in": 600}
    words = [{"keyword": "Ghent", "whole_word": True}]
    old = {"phrase": "tea", "context": ["home"], "irreversible": False, "whole_word": True, "expires_in": 60}
    keyword = {"keyword": "Bruges", "whole_word": True, "id": None, "_destroy": False}
    named = {"title": "Bikes", "replies_policy": "list", "exclusive": True}
    collection = {
        "name": "Bikes",
        "description": "two wheels",
        "language": "en",
        "sensitive": False,
        "discoverable": True,
        "tag_name": "bikes",
        "account_ids": ["{bob}"],
    }
    return {
        **_make_rows("/api/v1/lists", "", "POST", **named),
        **_make_rows("/api/v1/lists/{id}", "list", "GET", "DELETE", "GET /accounts"),
        **_make_rows("/api/v1/lists/{id}", "list", "PUT", **named),
        **_make_rows(
            "/api/v1/lists/{id}", "list", "POST /accounts", "DELETE /accounts", account_ids=["{bob}"]
        ),
        **_make_rows("/api/v1/timelines/list/{id}", "list", "GET"),
        **_make_rows("/api/v2/filters", "", "POST", **v2, keywords_attributes=words),
        **_make_rows("/api/v2/filters/{id}", "filter", "GET", "DELETE", "GET /keywords", "GET /statuses"),
        **_make_rows("/api/v2/filters/{id}", "filter", "PUT", **v2, keywords_attributes=words),
        **_make_rows("/api/v2/filters/{id}", "filter", "POST /keywords", **keyword),
        **_make_rows("/api/v2/filters/{id}", "filter", "POST /statuses", status_id="{post}"),
        **_make_rows("/api/v2/filters/keywords/{id}", "keyword", "GET", "DELETE"),
        **_make_rows("/api/v2/filters/keywords/{id}", "keyword", "PUT", **keyword),
        **_make_rows("/api/v2/filters/statuses/{id}", "filter_status", "GET", "DELETE"),
        **_make_rows("/api/v1/filters", "", "POST", **old),
        **_make_rows("/api/v1/filters/{id}", "keyword", "GET", "DELETE"),
        **_make_rows("/api/v1/filters/{id}", "keyword", "PUT", **old),
        **_make_rows("/api/v1/collections", "", "POST", **collection),
        **_make_rows("/api/v1/collections/{id}", "collection", "GET", "DELETE"),
        **_make_rows("/api/v1/collections/{id}", "collection", "PUT", "PATCH", **collection),
        **_make_rows("/api/v1/collections/{id}", "collection", "POST /items", account_id="{followed}"),
        **_make_rows("/api/v1/collections/{id}", "item", "DELETE /items/{item_id}"),
        **_make_rows("/api/v1/collections/{id}", "item_with_ann", "POST /items/{item_id}/revoke"),
    }


def _notification_rows() -> dict[str, Row]:
    kinds = "not_following not_followers new_accounts private_mentions"
    second = {f"for_{kind}": "accept" for kind in [*kinds.split(), "limited_accounts"]}
    first = {f"filter_{kind}": False for kind in kinds.split()}
    requests, group = "/api/v1/notifications/requests", "/api/v2/notifications/{group_key}"
    return {
        **_make_rows("/api/v1/notifications/{id}", "notification", "GET", "POST /dismiss"),
        **_make_rows("/api/v1/notifications/clear", "", "POST"),
        **_make_rows(group, "group", "GET", "GET /accounts", "POST /dismiss"),
        **_make_rows("/api/v1/notifications/policy", "", "PUT", "PATCH", **first),
        **_make_rows("/api/v2/notifications/policy", "", "PUT", "PATCH", **second),
        **_make_rows(requests, "", "POST /accept", "POST /dismiss", id=["7"]),
        **_make_rows(f"{requests}/{{id}}", "request", "GET", "POST /accept", "POST /dismiss"),
        **_make_rows("/api/v1/conversations/{id}", "conversation", "DELETE", "POST /read", "POST /unread"),
        **_make_rows(
            "/api/v1/markers", "", "POST", home={"last_read_id": "7"}, notifications={"last_read_id": "7"}
        ),
        **_make_rows("/api/v1/announcements/{id}", "announcement", "POST /dismiss"),
        **_make_rows("/api/v1/announcements/{id}/reactions/{name}", "reaction", "PUT", "DELETE"),
        **_make_rows(
            "/api/v1/annual_reports/{year}", "year", "GET", "GET /state", "POST /read", "POST /generate"
        ),
        **_make_rows("/api/v1/instance/terms_of_service/{date}", "date", "GET"),
    }


def _moderation_rows() -> dict[str, Row]:
    account, report = f"{ADMIN}/accounts/{{id}}", f"{ADMIN}/reports/{{id}}"
    action = {"type": "silence", "report_id": None, "text": "", "send_email_notification": False, "days": 3}
    action["hides_reason"] = False
    lifts = "enable unsensitive unsilence unsuspend"
    block = {
        "domain": "bad.example",
        "severity": "silence",
        "reject_media": True,
        "reject_reports": True,
        "private_comment": "a",
        "public_comment": "b",
        "obfuscate": False,
    }
    address = {"ip": "203.0.113.0/24", "severity": "no_access", "comment": "spam", "expires_in": 600}
    emoji = {"image": None, "shortcode": "fox", "category": "A", "source": "", "source_shortcode": "fox"}
    email = {"email": "e.v.e@mail.test", "canonical_email_hash": ""}
    hashes = f"{ADMIN}/canonical_email_blocks"
    rows = {
        **_make_rows(account, "account", "GET", *(f"POST /{verb}" for verb in lifts.split())),
        **_make_rows(account, "applicant", "POST /approve", "POST /reject"),
        **_make_rows(account, "suspended", "DELETE"),
        **_make_rows(account, "account", "POST /action", **action),
        **_make_rows(report, "report", "GET", *(f"POST /{verb}" for verb in ("assign_to_self", "unassign"))),
        **_make_rows(report, "report", "POST /resolve", "POST /reopen"),
        **_make_rows(report, "report", "PUT", category="spam", rule_ids=[]),
        **_make_rows(f"{ADMIN}/domain_blocks", "", "POST", **block),
        **_make_rows(f"{ADMIN}/domain_blocks/{{id}}", "domain_block", "GET", "DELETE"),
        **_make_rows(f"{ADMIN}/domain_blocks/{{id}}", "domain_block", "PUT", **block),
        **_make_rows(f"{ADMIN}/domain_allows", "", "POST", domain="good.example"),
        **_make_rows(f"{ADMIN}/domain_allows/{{id}}", "domain_allow", "GET", "DELETE"),
        **_make_rows(f"{ADMIN}/email_domain_blocks", "", "POST", domain="bad.example"),
        **_make_rows(f"{ADMIN}/email_domain_blocks/{{id}}", "email_domain_block", "GET", "DELETE"),
        **_make_rows(f"{ADMIN}/custom_emojis", "", "POST", **emoji),
        **_make_rows(f"{ADMIN}/custom_emojis/{{id}}", "emoji", "GET", "DELETE"),
        **_make_rows(
            f"{ADMIN}/custom_emojis/{{id}}", "emoji", "PATCH", type="disable", category="A", image=None
        ),
        **_make_rows(hashes, "", "POST", "POST /test", **email),
        **_make_rows(f"{hashes}/{{id}}", "canonical_email_block", "GET", "DELETE"),
        **_make_rows(f"{ADMIN}/ip_blocks", "", "POST", **address),
        **_make_rows(f"{ADMIN}/ip_blocks/{{id}}", "ip_block", "GET", "DELETE"),
        **_make_rows(f"{ADMIN}/ip_blocks/{{id}}", "ip_block", "PUT", **{**address, "ip": "203.0.114.0/24"}),
    }
    return {**rows, **_metrics_rows()}


def _metrics_rows() -> dict[str, Row]:
    span = {"start_at": "2026-11-17", "end_at": "2026-11-18"}
    tag, peer = {"id": "{tag}"}, {"domain": "beta.test"}
    subjects = {f"tag_{name}": tag for name in ("accounts", "uses", "servers", "languages")}
    names = "accounts media_attachments reports statuses follows followers languages"
    subjects |= {f"instance_{name}": peer for name in names.split()}
    changed = {"display_name": "GHENT", "usable": True, "trendable": True, "listable": True}
    trends = f"{ADMIN}/trends"
    return {
        **_make_rows(
            f"{ADMIN}/measures", "", "POST", keys=["new_users", "tag_uses"], limit=3, **span, **subjects
        ),
        **_make_rows(f"{ADMIN}/dimensions", "", "POST", keys=["servers"], limit=3, **span, **subjects),
        **_make_rows(f"{ADMIN}/retention", "", "POST", frequency="day", **span),
        **_make_rows(f"{ADMIN}/tags/{{id}}", "tag_row", "GET"),
        **_make_rows(f"{ADMIN}/tags/{{id}}", "tag_row", "PUT", **changed),
        **_make_rows(f"{trends}/tags/{{id}}", "tag_row", "POST /approve", "POST /reject"),
        **_make_rows(f"{trends}/statuses/{{id}}", "article", "POST /approve", "POST /reject"),
        **_make_rows(f"{trends}/links/{{id}}", "link", "POST /approve", "POST /reject"),
        **_make_rows(f"{trends}/links/publishers/{{id}}", "publisher", "POST /approve", "POST /reject"),
    }


def _oauth_rows() -> dict[str, Row]:
    app = {"client_id": "{client_id}", "client_secret": "{client_secret}"}
    authorization = {
        "response_type": "code",
        "client_id": "{client_id}",
        "redirect_uri": REDIRECT_URI,
        "scope": "read",
        "state": "a",
        "code_challenge": "",
        "code_challenge_method": "",
        "force_login": False,
        "csrf": "",
        "decision": "allow",
    }
    grant = {
        "grant_type": "client_credentials",
        "code": "",
        "redirect_uri": REDIRECT_URI,
        "code_verifier": "",
    }
    new = {"client_name": "Test", "redirect_uris": [REDIRECT_URI], "scopes": "read write", "website": None}
    return {
        **_make_rows("/api/v1/apps", "", "POST", **new),
        **_make_rows("/oauth/authorize", "", "POST", **authorization),
        **_make_rows("/oauth/userinfo", "", "POST"),
        **_make_rows("/oauth/token", "", "POST", **grant, **app, scope="read"),
        **_make_rows("/oauth/revoke", "", "POST", **app, token="none"),
    }


ROWS: dict[str, Row] = {
    **_account_rows(),
    **_profile_rows(),
    **_status_rows(),
    **_private_rows(),
    **_notification_rows(),
    **_moderation_rows(),
    **_oauth_rows(),
}
