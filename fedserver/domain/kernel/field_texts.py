"""Sentences about fields of forms, for errors that bring no sentence of their own.

API clients get Mastodon's English fragments; people read these on pages.
"""

from __future__ import annotations

from fedserver.text.locales import gettext, lazy_gettext

# What forms call the fields.
LABELS = {
    "answer": lazy_gettext("Answer"),
    "attribution_domains": lazy_gettext("Websites that may name you as the author"),
    "avatar": lazy_gettext("Profile picture"),
    "avatar_alt": lazy_gettext("Description of the profile picture"),
    "choices": lazy_gettext("Choices"),
    "comment": lazy_gettext("Comment"),
    "description": lazy_gettext("Description"),
    "context": lazy_gettext("Where it applies"),
    "display_name": lazy_gettext("Display name"),
    "domain": lazy_gettext("Domain"),
    "email": lazy_gettext("Email address"),
    "fields": lazy_gettext("Profile fields"),
    "file": lazy_gettext("File"),
    "header": lazy_gettext("Banner"),
    "header_alt": lazy_gettext("Description of the banner"),
    "keyword": lazy_gettext("Word or phrase"),
    "keywords": lazy_gettext("Words and phrases"),
    "media": lazy_gettext("Media"),
    "name": lazy_gettext("Name"),
    "note": lazy_gettext("About you"),
    "password": lazy_gettext("Password"),
    "picture": lazy_gettext("Picture"),
    "reason": lazy_gettext("Reason"),
    "rule_ids": lazy_gettext("Rules"),
    "tag": lazy_gettext("Hashtag"),
    "text": lazy_gettext("Text"),
    "title": lazy_gettext("Title"),
    "username": lazy_gettext("Username"),
}
# What to do about a value of a field that is wrong in the one way that its rules know.
SENTENCES = {
    "attribution_domains": lazy_gettext(
        "Please enter the names of websites, such as news.example, one on each line."
    ),
    "client_id": lazy_gettext("This app is not known here. Please go back to the app and start again."),
    "code": lazy_gettext("The code is not correct. Please check that your device shows the right time."),
    "days": lazy_gettext("Please choose another number of days."),
    "deadline": lazy_gettext("Please choose another time at which the poll ends."),
    "email": lazy_gettext("Please enter an email address that is valid and not the one you have."),
    "invitation": lazy_gettext("This invitation is no longer valid. Please ask for a new link."),
    "license": lazy_gettext("Please choose a license from the list."),
    "passkey": lazy_gettext("The passkey could not be used. Please try again, or use another one."),
    "passkeys": lazy_gettext("Please add a passkey first, or remove one if you have too many."),
    "password": lazy_gettext("This password is too easy to guess. Please choose another one."),
    "poll": lazy_gettext("A poll is not possible together with media, in articles, or in drafts."),
    "redirect_uri": lazy_gettext("The app asked to return to an address that it did not register."),
    "secret": lazy_gettext("This took too long. Please start again."),
    "username": lazy_gettext(
        "A username can have letters, digits and underscores, joined by dots or hyphens. "
        "Please choose another one."
    ),
    "tag": lazy_gettext("A hashtag has letters, digits and underscores, and not only digits."),
    "target_account": lazy_gettext("You can feature only accounts that you follow."),
    "uses": lazy_gettext("Please choose another number of uses."),
    "visibility": lazy_gettext("This audience is not possible here. Please choose another one."),
}


def describe_problem(field: str, code: str) -> str:
    """Return a sentence about a field, by Mastodon's code; '' if there is none for them."""
    label = str(LABELS.get(field, ""))
    if code == "ERR_INVALID" or not label:
        return str(SENTENCES.get(field, ""))
    match code:
        case "ERR_BLANK":
            return gettext("%(field)s: Please fill in this field.", field=label)
        case "ERR_TOO_LONG":
            return gettext("%(field)s: This is too long. Please shorten it.", field=label)
        case "ERR_TOO_SHORT":
            return gettext("%(field)s: This is too short. Please add more.", field=label)
        case "ERR_TOO_LARGE":
            return gettext("%(field)s: This file is too large. Please choose a smaller one.", field=label)
        case "ERR_TAKEN":
            return gettext("%(field)s: This is already taken. Please choose another one.", field=label)
        case "ERR_RESERVED":
            return gettext("%(field)s: This is reserved. Please choose another one.", field=label)
        case _:
            return ""
