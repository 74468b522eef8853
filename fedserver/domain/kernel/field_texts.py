"""Sentences about fields of forms, for errors that bring no sentence of their own."""

from __future__ import annotations

from fedserver.text.locales import gettext, lazy_gettext

# What forms call the fields that a problem may be about.
FIELD_LABELS = {
    "answer": lazy_gettext("Answer"),
    "display_name": lazy_gettext("Display name"),
    "domain": lazy_gettext("Domain"),
    "email": lazy_gettext("Email address"),
    "fields": lazy_gettext("Profile fields"),
    "file": lazy_gettext("File"),
    "media": lazy_gettext("Media"),
    "name": lazy_gettext("Name"),
    "note": lazy_gettext("About you"),
    "password": lazy_gettext("Password"),
    "picture": lazy_gettext("Picture"),
    "reason": lazy_gettext("Reason"),
    "text": lazy_gettext("Text"),
    "title": lazy_gettext("Title"),
    "username": lazy_gettext("Username"),
}


def describe_problem(field: str, code: str) -> str:
    """Return a sentence about a field, by Mastodon's code; '' if the code or the field says too little."""
    label = str(FIELD_LABELS.get(field, ""))
    if not label:
        return ""
    match code:
        case "ERR_BLANK":
            return gettext("%(field)s: Please fill in this field.", field=label)
        case "ERR_TOO_LONG":
            return gettext("%(field)s: This is too long. Please shorten it.", field=label)
        case "ERR_TOO_SHORT":
            return gettext("%(field)s: This is too short. Please make it longer.", field=label)
        case "ERR_TOO_LARGE":
            return gettext("%(field)s: This is too large. Please choose a smaller one.", field=label)
        case "ERR_TAKEN":
            return gettext("%(field)s: This is already taken. Please choose another one.", field=label)
        case "ERR_RESERVED":
            return gettext("%(field)s: This is reserved. Please choose another one.", field=label)
        case _:
            return ""
