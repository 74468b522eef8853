"""The settings of a member: which there are, on which pages, and the search over them.

Every page that lists the settings shows this table. A setting has the name of its field on the page, and
`anchor` is the id of that field.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from fedserver.text.locales import LazyText, lazy_gettext
from fedserver.text.tokenizer import fold

MAX_QUERY = 100  # characters that are searched for; no name of a setting is longer


class Setting(Struct, frozen=True):
    """One setting: the id of its element, its name, and what it does."""

    anchor: str
    name: LazyText
    about: LazyText | str = ""


class SettingsPage(Struct, frozen=True):
    """A page of settings."""

    path: str
    name: LazyText
    about: LazyText
    settings: tuple[Setting, ...] = ()


class SettingsGroup(Struct, frozen=True):
    """Pages of settings that belong together; `icon` is a name of the icon set."""

    name: LazyText
    icon: str
    pages: tuple[SettingsPage, ...]


class SettingsMatch(Struct, frozen=True):
    """A page or a setting that a search found."""

    path: str
    name: LazyText
    about: LazyText | str
    page: LazyText


GROUPS = (
    SettingsGroup(
        lazy_gettext("Profile"),
        "person",
        (
            SettingsPage(
                "/settings/profile",
                lazy_gettext("Profile"),
                lazy_gettext("Your name, what you write about yourself, your pictures and fields."),
                (
                    Setting("display_name", lazy_gettext("Display name")),
                    Setting("note", lazy_gettext("About you")),
                    Setting("avatar", lazy_gettext("Profile picture")),
                    Setting("avatar_alt", lazy_gettext("Description of the profile picture")),
                    Setting("header", lazy_gettext("Banner")),
                    Setting("header_alt", lazy_gettext("Description of the banner")),
                    Setting(
                        "fields",
                        lazy_gettext("Profile fields"),
                        lazy_gettext("Links to your own pages are marked as verified if they link back."),
                    ),
                    Setting(
                        "bot",
                        lazy_gettext("This is an automated account"),
                        lazy_gettext("It mostly posts by itself, and people see that."),
                    ),
                    Setting("show_media", lazy_gettext("Show a tab with your media")),
                    Setting("show_media_replies", lazy_gettext("Show media of your replies there too")),
                    Setting("show_featured", lazy_gettext("Show what you feature")),
                    Setting(
                        "attribution_domains",
                        lazy_gettext("Websites that may name you as the author"),
                        lazy_gettext("Previews of links to these websites can show your name."),
                    ),
                    Setting("mails_posts", lazy_gettext("Let anyone get my public posts by email")),
                ),
            ),
            SettingsPage(
                "/settings/featured",
                lazy_gettext("Featured on your profile"),
                lazy_gettext("Hashtags, people and posts that visitors of your profile see first."),
                (
                    Setting("tags", lazy_gettext("Featured hashtags")),
                    Setting("people", lazy_gettext("Featured people")),
                    Setting("pinned", lazy_gettext("Pinned posts")),
                ),
            ),
        ),
    ),
    SettingsGroup(
        lazy_gettext("Privacy and safety"),
        "moderation",
        (
            SettingsPage(
                "/settings/privacy",
                lazy_gettext("Privacy and posting"),
                lazy_gettext("Who can follow, find and quote you, and what new posts start with."),
                (
                    Setting("locked", lazy_gettext("Approve new followers myself")),
                    Setting("discoverable", lazy_gettext("List me in directories")),
                    Setting("indexable", lazy_gettext("Include my public posts in search")),
                    Setting("hide_collections", lazy_gettext("Hide my followers and the accounts I follow")),
                    Setting("visibility", lazy_gettext("Who can read new posts")),
                    Setting("quote_policy", lazy_gettext("Who can quote new posts")),
                    Setting("language", lazy_gettext("Language of your posts")),
                    Setting(
                        "sensitive",
                        lazy_gettext("Mark my media as sensitive"),
                        lazy_gettext("Readers see the media of new posts after a click."),
                    ),
                ),
            ),
            SettingsPage(
                "/settings/filters",
                lazy_gettext("Filters"),
                lazy_gettext("Words and posts that you do not want to see."),
            ),
            SettingsPage(
                "/settings/hidden",
                lazy_gettext("Muted and blocked"),
                lazy_gettext("Accounts and servers that you muted or blocked."),
            ),
            SettingsPage(
                "/settings/decisions",
                lazy_gettext("Moderation decisions"),
                lazy_gettext("What moderators decided about your account, and your appeals."),
            ),
        ),
    ),
    SettingsGroup(
        lazy_gettext("Notifications"),
        "notifications",
        (
            SettingsPage(
                "/settings/notifications",
                lazy_gettext("Who can notify you"),
                lazy_gettext("Whose notifications reach you, and what we send you by email."),
                (
                    Setting("for_not_following", lazy_gettext("People you do not follow")),
                    Setting("for_not_followers", lazy_gettext("People who do not follow you")),
                    Setting("for_new_accounts", lazy_gettext("New accounts")),
                    Setting("for_private_mentions", lazy_gettext("Private mentions")),
                    Setting("for_limited_accounts", lazy_gettext("Limited accounts")),
                    Setting(
                        "mail_kinds",
                        lazy_gettext("Notifications by email"),
                        lazy_gettext("What we also send you by email."),
                    ),
                ),
            ),
            SettingsPage(
                "/settings/notifications/requests",
                lazy_gettext("Notification requests"),
                lazy_gettext("Notifications that were kept back until you decide."),
            ),
        ),
    ),
    SettingsGroup(
        lazy_gettext("Reading and looks"),
        "language",
        (
            SettingsPage(
                "/settings/reading",
                lazy_gettext("Reading and looks"),
                lazy_gettext("Language, colours, size of the text, and how posts are shown."),
                (
                    Setting("locale", lazy_gettext("Language of the pages")),
                    Setting(
                        "theme",
                        lazy_gettext("Appearance"),
                        lazy_gettext("Light, dark or high contrast colours."),
                    ),
                    Setting("text_size", lazy_gettext("Size of the text")),
                    Setting(
                        "reduce_motion",
                        lazy_gettext("Reduce motion"),
                        lazy_gettext("Nothing on the pages moves by itself."),
                    ),
                    Setting("expand_media", lazy_gettext("Pictures and videos")),
                    Setting("expand_warnings", lazy_gettext("Open posts with a content warning")),
                    Setting("autoplay_gifs", lazy_gettext("Play animated pictures by themselves")),
                ),
            ),
        ),
    ),
    SettingsGroup(
        lazy_gettext("Lists and follows"),
        "followers",
        (
            SettingsPage(
                "/settings/follows",
                lazy_gettext("Followers and following"),
                lazy_gettext("Who follows you and whom you follow; remove a follower."),
            ),
            SettingsPage(
                "/follow-requests",
                lazy_gettext("Follow requests"),
                lazy_gettext("People who wait for your answer."),
            ),
            SettingsPage(
                "/settings/tags",
                lazy_gettext("Followed hashtags"),
                lazy_gettext("Public posts with these hashtags appear at home."),
            ),
            SettingsPage(
                "/lists", lazy_gettext("Lists"), lazy_gettext("Timelines of the people you choose.")
            ),
            SettingsPage(
                "/settings/invitations",
                lazy_gettext("Invitations"),
                lazy_gettext("Links with which people can join."),
            ),
        ),
    ),
    SettingsGroup(
        lazy_gettext("Apps and sessions"),
        "key",
        (
            SettingsPage(
                "/settings/apps",
                lazy_gettext("Apps and browsers"),
                lazy_gettext("Which apps have access to your account, and where you are logged in."),
                (
                    Setting("apps", lazy_gettext("Apps with access to your account")),
                    Setting("sessions", lazy_gettext("Browsers where you are logged in")),
                ),
            ),
            SettingsPage(
                "/settings/tokens",
                lazy_gettext("Personal access tokens"),
                lazy_gettext("For scripts and programs of your own."),
            ),
            SettingsPage(
                "/apps", lazy_gettext("Use an app"), lazy_gettext("How to connect an app for your phone.")
            ),
        ),
    ),
    SettingsGroup(
        lazy_gettext("Logging in"),
        "log_in",
        (
            SettingsPage(
                "/settings/security",
                lazy_gettext("Security"),
                lazy_gettext("All the ways in which you log in."),
            ),
            SettingsPage(
                "/settings/password",
                lazy_gettext("Password"),
                lazy_gettext("Choose a new password."),
            ),
            SettingsPage(
                "/settings/email",
                lazy_gettext("Email address"),
                lazy_gettext("Where we write to you."),
            ),
            SettingsPage(
                "/settings/two-step",
                lazy_gettext("Two-factor authentication"),
                lazy_gettext("A code or passkey besides the password, and recovery codes."),
            ),
            SettingsPage(
                "/settings/passkeys",
                lazy_gettext("Passkeys"),
                lazy_gettext("Log in by fingerprint, face, PIN or security key."),
            ),
        ),
    ),
    SettingsGroup(
        lazy_gettext("Your data"),
        "download",
        (
            SettingsPage(
                "/settings/data",
                lazy_gettext("Import and export"),
                lazy_gettext("Take your data with you, or bring it from another server."),
                (
                    Setting("export", lazy_gettext("Export")),
                    Setting("archives", lazy_gettext("Archive")),
                    Setting("import", lazy_gettext("Import")),
                ),
            ),
            SettingsPage(
                "/settings/moves",
                lazy_gettext("Move account"),
                lazy_gettext("Move your followers to another account, or from one to here."),
            ),
            SettingsPage(
                "/settings/keys",
                lazy_gettext("Signing key"),
                lazy_gettext("Prove that this account is yours, with a key that only you hold."),
            ),
            SettingsPage(
                "/settings/delete",
                lazy_gettext("Delete my account"),
                lazy_gettext("Remove your account and everything you wrote."),
            ),
        ),
    ),
)


def list_pages() -> Iterator[SettingsPage]:
    """Yield all pages, in their order."""
    for group in GROUPS:
        yield from group.pages


def find_current_path(here: str) -> str:
    """Return the page of settings to which an address belongs: that with the longest path, '' for none."""
    path = here.partition("?")[0]
    within = [page.path for page in list_pages() if path == page.path or path.startswith(f"{page.path}/")]
    return max(within, key=len, default="")


def search(text: str) -> list[SettingsMatch]:
    """Return the pages and settings with all words of a text in their name or description.

    Case and accents are ignored. Names are those of the current locale.
    """
    words = fold(text[:MAX_QUERY]).split()
    matches = []
    for page in list_pages():
        if _has_words(words, page.name, page.about):
            matches.append(SettingsMatch(page.path, page.name, page.about, page.name))
        matches.extend(
            SettingsMatch(f"{page.path}#{setting.anchor}", setting.name, setting.about, page.name)
            for setting in page.settings
            if _has_words(words, setting.name, setting.about)
        )
    return matches


def _has_words(words: list[str], name: LazyText, about: LazyText | str) -> bool:
    text = fold(f"{name} {about}")
    return bool(words) and all(word in text for word in words)
