"""For each table: who can make it grow, what bounds that, and what ends its rows.

`test_bounds` compares this with the schema, so that a new table cannot be forgotten. `ANYONE` are people
without an account and programs without a token; `PEERS` are other servers, and those that pretend to be one.
"""

from __future__ import annotations

from typing import NamedTuple


class Bound(NamedTuple):
    """Who writes a table, the limit, and the end."""

    writers: str
    limit: str
    end: str


ANYONE, PEERS, MEMBERS, STAFF, NODE = "anyone", "peers", "members", "staff", "the node itself"
OWNER = "goes with its account"
POST = "goes with its post"
BY_PEER = "1 MiB a document, 2,000 activities a host waiting, 30,000 requests in 5 minutes from an address"
REQUESTS = "requests of a token and an account"
CLEANUP = "the hourly clean-up"
UNUSED = f"{CLEANUP}: federation.remote_retention_days unused"


def _members(limit: str, end: str = OWNER) -> Bound:
    return Bound(MEMBERS, limit, end)


BOUNDS: dict[str, Bound] = {
    # --- people without an account
    "apps": Bound(
        ANYONE, "5 in 10 minutes from an address; 60, 2,000 and 20 x 2,000 characters", f"{CLEANUP}: a day"
    ),
    "tokens": Bound(
        ANYONE, "100 of an app alone; of members a code each", f"{CLEANUP}: 30 days unused or revoked"
    ),
    "members": Bound(
        ANYONE, "5 in 30 minutes from an address, 10,000 waiting", f"{CLEANUP}: 7 days, 180 unreviewed"
    ),
    "member_accounts": Bound(ANYONE, "one of a member", "goes with its member"),
    "accounts": Bound(
        f"{ANYONE}, {PEERS}",
        f"as members; {BY_PEER}",
        f"goes with its member; deleted by its peer or by staff; {UNUSED}",
    ),
    "keys": Bound(f"{ANYONE}, {PEERS}", "10 of an account, 8,000 characters", OWNER),
    "one_time_links": Bound(ANYONE, "1 an hour, 5 in 30 minutes of a member", f"{CLEANUP}: a week"),
    "challenges": Bound(ANYONE, "requests of an address", f"{CLEANUP}: 10 minutes"),
    "attempt_counts": Bound(ANYONE, "a row for a subject that an attempt names", f"{CLEANUP}: a day at most"),
    "email_domain_attempts": Bound(
        ANYONE, "a row a day for a network of a blocked domain", f"{CLEANUP}: 7 days"
    ),
    "email_subscriptions": Bound(
        ANYONE, "5 mails a day to an address, 5 requests in 30 minutes", f"{CLEANUP}: 7 days unconfirmed"
    ),
    # --- members who log in
    "sessions": _members("attempts to log in", f"{CLEANUP}: 60 days"),
    "codes": _members(REQUESTS, f"{CLEANUP}: a day"),
    "member_addresses": _members("one for each address that logs in", f"{CLEANUP}: a year"),
    "member_days": _members("one a day", "goes with its member"),
    "identities": _members("logins at the provider", "goes with its member"),
    "passkeys": _members("20", "goes with its member"),
    "second_steps": _members("1", "goes with its member"),
    "recovery_codes": _members("10", "goes with its member"),
    "invitations": _members("a budget of uses", f"{CLEANUP}: 30 days after they ended, but for members'"),
    "push_subscriptions": _members(
        "1 a token or session; 50,000 characters a text", "goes with its token or session"
    ),
    # --- what peers send
    "inbox_items": Bound(
        PEERS, "20,000 waiting, 2,000 of a host; 1 MiB each", f"{CLEANUP}: 30 days after it failed"
    ),
    "seen_activities": Bound(PEERS, BY_PEER, f"{CLEANUP}: 14 days"),
    "posts": Bound(
        f"{MEMBERS}, {PEERS}", f"{REQUESTS}; {BY_PEER}", f"deleted by its author, or by staff; {UNUSED}"
    ),
    "originals": Bound(PEERS, "1 MiB, one of a post", "goes with its post or account"),
    "uri_aliases": Bound(
        f"{MEMBERS}, {PEERS}", "one of a post or account, two of a draft", "goes with its post or account"
    ),
    "tombstones": Bound(PEERS, BY_PEER, f"{CLEANUP}: 14 days"),
    "edits": Bound(f"{MEMBERS}, {PEERS}", f"{REQUESTS}; {BY_PEER}", POST),
    "mentions": Bound(f"{MEMBERS}, {PEERS}", "100 of a post", POST),
    "tags": Bound(f"{MEMBERS}, {PEERS}", "100 of a post", f"{CLEANUP}: 7 days unused"),
    "post_tags": Bound(f"{MEMBERS}, {PEERS}", "100 of a post", POST),
    "media": Bound(
        f"{MEMBERS}, {PEERS}",
        "32 of a post, and 32 in the text of an article; 30 uploads in 30 minutes",
        f"{CLEANUP}: a day unused",
    ),
    "remote_files": Bound(PEERS, "media.remote_cache_bytes", f"{CLEANUP}: the least used first"),
    "polls": Bound(f"{MEMBERS}, {PEERS}", "one of a post", POST),
    "poll_options": Bound(f"{MEMBERS}, {PEERS}", "50 of a poll", POST),
    "poll_votes": Bound(f"{MEMBERS}, {PEERS}", "one of an account and option", POST),
    "likes": Bound(f"{MEMBERS}, {PEERS}", "one of an account and post", POST),
    "reactions": Bound(f"{MEMBERS}, {PEERS}", "8 names on a post, few of an account", POST),
    "coauthors": Bound(MEMBERS, "10 of an article", POST),
    "pins": Bound(f"{MEMBERS}, {PEERS}", "5, of remote accounts 20", POST),
    "quotes": Bound(f"{MEMBERS}, {PEERS}", "one of a post", POST),
    "follows": Bound(f"{MEMBERS}, {PEERS}", "one of a pair", OWNER),
    "follow_requests": Bound(f"{MEMBERS}, {PEERS}", "one of a pair", OWNER),
    "blocks": Bound(f"{MEMBERS}, {PEERS}", "one of a pair", OWNER),
    "notifications": Bound(f"{MEMBERS}, {PEERS}", "one of sender, kind and post", OWNER),
    "notification_requests": Bound(f"{MEMBERS}, {PEERS}", "one of a pair", OWNER),
    "conversations": Bound(f"{MEMBERS}, {PEERS}", "one of a thread and its people", POST),
    "conversation_posts": Bound(f"{MEMBERS}, {PEERS}", "one of a post", POST),
    "home_entries": Bound(f"{MEMBERS}, {PEERS}", "one of a post and follower", POST),
    "cards": Bound(f"{MEMBERS}, {PEERS}", "one of a post; 2,048 characters", f"{CLEANUP}: 28 days unused"),
    "post_cards": Bound(f"{MEMBERS}, {PEERS}", "one of a post", POST),
    "reports": Bound(f"{MEMBERS}, {PEERS}", "100 a day of a member, 300 of a peer", OWNER),
    "collections": Bound(MEMBERS, "10 of an account", OWNER),
    "collection_items": Bound(f"{MEMBERS}, {PEERS}", "25 of a collection", "goes with its collection"),
    "peers": Bound(PEERS, "one of a host that an account here is of", f"{CLEANUP}: 30 days unused"),
    "partners": Bound(PEERS, "100 offers that wait", "goes with the account of its node"),
    "refreshes": Bound(MEMBERS, "one of a post", POST),
    # --- what members keep
    "account_notes": _members("one of a pair"),
    "announcement_reactions": _members("8 names on an announcement"),
    "announcement_reads": _members("one of an announcement"),
    "appeals": _members("one of an action, 2,000 characters"),
    "archives": _members("one in a week", f"{CLEANUP}: 7 days"),
    "autosave_media": _members("100 of a form", "goes with its form"),
    "autosaves": _members("20; 300,000 bytes each", f"sent or discarded; {CLEANUP}: 30 days"),
    "bookmarks": _members("one of a post"),
    "domain_mutes": _members("1,000"),
    "endorsements": _members("one of a pair"),
    "featured_tags": _members("10"),
    "filter_keywords": _members("of a filter", "goes with its filter"),
    "filter_posts": _members("of a filter", "goes with its filter"),
    "filters": _members("of an account"),
    "idempotency_keys": _members(f"{REQUESTS}; 200 characters", "a week, with the next post"),
    "import_lines": _members("20,000 of an import", "goes with its import"),
    "imports": _members("5 that are not finished", f"{CLEANUP}: 7 days"),
    "list_accounts": _members("of a list", "goes with its list"),
    "lists": _members("50"),
    "markers": _members("2"),
    "mutes": _members("one of a pair", f"its date, and {CLEANUP}"),
    "notification_permissions": _members("one of a pair"),
    "notification_policies": _members("1"),
    "scheduled_media": _members("of a scheduled post", "goes with its scheduled post"),
    "scheduled_posts": _members("300", "its date"),
    "suggestion_dismissals": _members("one of a pair"),
    "tag_follows": _members("of an account"),
    "thread_mutes": _members("one of a thread"),
    "translations": _members("one of a post and language", f"{CLEANUP}: 30 days"),
    # --- staff
    "act_posts": Bound(STAFF, "100 of an act", f"texts: {CLEANUP}"),
    "acts": Bound(STAFF, "acts of staff and operators", "none: the log is append-only"),
    "announcements": Bound(STAFF, "10,000 characters", "deleted by staff"),
    "canonical_email_blocks": Bound(STAFF, "acts of staff", "deleted by staff"),
    "email_domain_blocks": Bound(STAFF, "acts of staff", "deleted by staff"),
    "emojis": Bound(STAFF, "acts of operators", "deleted by operators"),
    "ip_blocks": Bound(STAFF, "acts of staff", f"deleted by staff; {CLEANUP} on its date"),
    "moderation_notes": Bound(STAFF, "2,000 characters", OWNER),
    "peer_list_entries": Bound(STAFF, "10,000 of a list", "goes with its list"),
    "peer_lists": Bound(STAFF, "few lists", "deleted by staff"),
    "legal_texts": Bound(STAFF, "200 versions of 100,000 characters", "deleted by staff"),
    "relays": Bound(STAFF, "few relays", "deleted by staff"),
    "trend_reviews": Bound(STAFF, "acts of staff", "none: decisions"),
    # --- the node
    "act_heads": Bound(NODE, "1", "none"),
    "deliveries": Bound(NODE, "one of a document and inbox", f"{CLEANUP}: given up, then 30 days"),
    "documents": Bound(NODE, "one of an activity of ours", "with its last delivery"),
    "push_keys": Bound(NODE, "1", "none"),
    "node_settings": Bound(STAFF, "one of a setting in the source", "none"),
    "settings_heads": Bound(NODE, "1", "none"),
    "settings": Bound(NODE, "one of a name in the source", "none"),
    "severances": Bound(NODE, "one of an act and account", OWNER),
    "tasks": Bound(NODE, "one for what a request causes", f"{CLEANUP}: 30 days after it failed"),
    "trends": Bound(NODE, "what is trending", "computed again every few minutes"),
}
