"""HTML pages for people, with and without JavaScript: one file a noun, all named here."""

from fedserver.pages import (
    blog,
    email_subscriptions,
    emails,
    front,
    joining,
    moves,
    passkeys,
    passwords,
    posts,
    profiles,
    reading,
    second_steps,
    security,
    sessions,
    settings,
    writing,
)

__all__ = [
    "blog",
    "email_subscriptions",
    "emails",
    "front",
    "joining",
    "moves",
    "passkeys",
    "passwords",
    "posts",
    "profiles",
    "reading",
    "second_steps",
    "security",
    "sessions",
    "settings",
    "writing",
]
