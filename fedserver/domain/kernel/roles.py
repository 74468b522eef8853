"""What each role may do, as permissions that apps read and the console shows.

docs.joinmastodon.org/entities/Role#permission-flags. Moderators have those whose effects can be undone;
admins also change the node and delete permanently; owners may do everything.
"""

from __future__ import annotations

from enum import IntFlag

from fedserver.text.locales import LazyText, lazy_gettext


class Permission(IntFlag):
    """A permission flag of Mastodon, as far as a role here has it."""

    ADMINISTRATOR = 0x1
    VIEW_AUDIT_LOG = 0x4
    VIEW_DASHBOARD = 0x8
    MANAGE_REPORTS = 0x10
    MANAGE_FEDERATION = 0x20
    MANAGE_SETTINGS = 0x40
    MANAGE_BLOCKS = 0x80
    MANAGE_TAXONOMIES = 0x100
    MANAGE_APPEALS = 0x200
    MANAGE_USERS = 0x400
    MANAGE_INVITES = 0x800
    MANAGE_RULES = 0x1000
    MANAGE_ANNOUNCEMENTS = 0x2000
    MANAGE_CUSTOM_EMOJIS = 0x4000
    INVITE_USERS = 0x10000
    MANAGE_ROLES = 0x20000
    MANAGE_USER_ACCESS = 0x40000
    DELETE_USER_DATA = 0x80000


_MODERATOR = (
    Permission.INVITE_USERS
    | Permission.VIEW_DASHBOARD
    | Permission.VIEW_AUDIT_LOG
    | Permission.MANAGE_REPORTS
    | Permission.MANAGE_APPEALS
    | Permission.MANAGE_USERS
    | Permission.MANAGE_INVITES
    | Permission.MANAGE_FEDERATION
    | Permission.MANAGE_BLOCKS
    | Permission.MANAGE_TAXONOMIES
    | Permission.MANAGE_ANNOUNCEMENTS
)
PERMISSIONS = {
    "owner": Permission.ADMINISTRATOR,
    "admin": _MODERATOR
    | Permission.MANAGE_SETTINGS
    | Permission.MANAGE_RULES
    | Permission.MANAGE_CUSTOM_EMOJIS
    | Permission.MANAGE_ROLES
    | Permission.MANAGE_USER_ACCESS
    | Permission.DELETE_USER_DATA,
    "moderator": _MODERATOR,
    "member": Permission.INVITE_USERS,
}
ROLES = tuple(PERMISSIONS)  # highest first, as members.ROLES
# In the order of a table; what each means on this node.
LABELS: dict[Permission, LazyText] = {
    Permission.INVITE_USERS: lazy_gettext("Invite people"),
    Permission.VIEW_DASHBOARD: lazy_gettext("Open the console, with its figures, queues and health"),
    Permission.VIEW_AUDIT_LOG: lazy_gettext("Read the log with names"),
    Permission.MANAGE_REPORTS: lazy_gettext("Read reports and decide about them"),
    Permission.MANAGE_APPEALS: lazy_gettext("Decide about appeals"),
    Permission.MANAGE_USERS: lazy_gettext("Approve sign-ups; warn, limit, disable and suspend accounts"),
    Permission.MANAGE_INVITES: lazy_gettext("See and revoke all invitations"),
    Permission.MANAGE_FEDERATION: lazy_gettext("Allow, limit and block peers"),
    Permission.MANAGE_BLOCKS: lazy_gettext("Block IP addresses and email addresses"),
    Permission.MANAGE_TAXONOMIES: lazy_gettext("Decide what may trend"),
    Permission.MANAGE_ANNOUNCEMENTS: lazy_gettext("Write announcements"),
    Permission.MANAGE_CUSTOM_EMOJIS: lazy_gettext("Add and change custom emoji"),
    Permission.MANAGE_SETTINGS: lazy_gettext("Change settings, partners, relays and lists of peers"),
    Permission.MANAGE_RULES: lazy_gettext("Change the rules"),
    Permission.MANAGE_ROLES: lazy_gettext("Give members a role below their own"),
    Permission.MANAGE_USER_ACCESS: lazy_gettext("Create a link with which a member chooses a new password"),
    Permission.DELETE_USER_DATA: lazy_gettext("Delete accounts permanently"),
    Permission.ADMINISTRATOR: lazy_gettext("Everything, and make other members admins and owners"),
}


def has(role: str, permission: Permission) -> bool:
    """Return True if a role includes a permission; that of an administrator includes all."""
    return bool(PERMISSIONS[role] & (permission | Permission.ADMINISTRATOR))


def list_table() -> list[tuple[LazyText, tuple[bool, ...]]]:
    """Return each permission and whether the roles have it, lowest role first."""
    return [
        (label, tuple(has(role, permission) for role in reversed(ROLES)))
        for permission, label in LABELS.items()
    ]


def list_grantable(role: str) -> tuple[str, ...]:
    """Return the roles that a member with this role may give to others, lowest first."""
    below = tuple(reversed(ROLES[ROLES.index(role) + 1 :]))
    return (*below, "owner") if role == "owner" else below if has(role, Permission.MANAGE_ROLES) else ()
