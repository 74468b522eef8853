"""The keys that admins change while the node runs: what each is for, and which values it may have.

They are in the database. The configuration file and the environment give them their first value, when a
database first sees a key. A key of `Config` that is named here is a setting everywhere: in the console, for
`fedserver settings`, in the log, and on every process of the node.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from fedserver.config_values import ConfigError, check_text
from fedserver.marked_text import MarkedText

GROUPS = ("identity", "texts", "rules", "joining", "readers", "federation", "limits")
MAX_NUMBER = 1_000_000_000_000  # a terabyte: more is a mistake
MAX_RULES, MAX_RULE, MAX_HINT = 50, 500, 2_000  # of rules in use; characters
MAX_REMOVED_RULES = 200
YEAR_DAYS, WEEK_S, YEAR_S = 366, 604_800, 31_622_400
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
EMAIL = re.compile(r"[^@\s<>,]+@[^@\s<>,]+")


class RuleTexts(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule in one language: the text, and a hint that says more."""

    text: str
    hint: str = ""


class RuleConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule. `number` is what reports name it by and never changes; 0: its position, from 1.

    One that was removed stays with its number, so that earlier reports still tell what was broken.
    """

    text: str
    hint: str = ""
    number: int = 0
    removed: bool = False
    translations: dict[str, RuleTexts] = {}


class Setting(Struct, frozen=True):
    """A key, the page that it is on, and what people read about it.

    `choices` name the values of a key that has few. `shape` is how a form asks for it: by its type, or as a
    `text` of several lines, `words` separated by commas, a `hue`, an `image`, or on a page of its own
    (`rules`).
    """

    key: str
    group: str
    title: MarkedText
    help: MarkedText | None = None
    shape: str = ""
    choices: dict[str, MarkedText] = {}
    max_length: int = 200
    max_items: int = 20
    min_value: int = 1
    max_value: int = MAX_NUMBER

    @property
    def has_lines(self) -> bool:
        """True for texts of several lines."""
        return self.shape in ("text", "rules")

    @property
    def is_file(self) -> bool:
        """True if the value names a stored file, which no file of settings can carry."""
        return self.shape == "image"


SETTINGS = (
    Setting("community.title", "identity", MarkedText("Name of the community"), max_length=100),
    Setting(
        "community.hue",
        "identity",
        MarkedText("Colour"),
        MarkedText("The pages take their colours from it, light and dark, always readable."),
        shape="hue",
        min_value=0,
        max_value=359,
    ),
    Setting(
        "community.logo",
        "identity",
        MarkedText("Logo"),
        MarkedText("A square picture. Without one, pages show the initials of the name."),
        shape="image",
    ),
    Setting(
        "community.picture",
        "identity",
        MarkedText("Picture of the front page"),
        MarkedText("A wide picture. Apps show it, too."),
        shape="image",
    ),
    Setting(
        "community.languages",
        "identity",
        MarkedText("Languages of the community"),
        MarkedText("Codes separated by commas, the main one first, like en, de."),
        shape="words",
        max_length=12,
    ),
    Setting(
        "community.contact_email",
        "identity",
        MarkedText("Email address for questions"),
        MarkedText("Everyone can read it."),
    ),
    Setting(
        "community.contact_account",
        "identity",
        MarkedText("Member who answers questions"),
        MarkedText("Their username, like maya."),
        max_length=30,
    ),
    Setting(
        "community.description",
        "texts",
        MarkedText("Description"),
        MarkedText("One or two sentences for people who do not know you yet, and for lists of servers."),
        shape="text",
        max_length=5_000,
    ),
    Setting(
        "community.welcome",
        "texts",
        MarkedText("Welcome text"),
        MarkedText("On the front page and the page about the community, below the description. Markdown."),
        shape="text",
        max_length=20_000,
    ),
    Setting(
        "community.rules",
        "rules",
        MarkedText("Rules"),
        MarkedText("Reports name the rule that was broken."),
        shape="rules",
        max_length=MAX_HINT,
        max_items=MAX_RULES + MAX_REMOVED_RULES,
    ),
    Setting(
        "registration.mode",
        "joining",
        MarkedText("Who can join"),
        choices={
            "open": MarkedText("Everyone"),
            "approval": MarkedText("Everyone, after a moderator has approved their request"),
            "invite": MarkedText("People with an invitation"),
            "closed": MarkedText("Nobody at the moment"),
        },
    ),
    Setting(
        "registration.question",
        "joining",
        MarkedText("Question to people who want to join"),
        MarkedText("Asked where moderators approve requests. Empty: Why would you like to join?"),
        max_length=300,
    ),
    Setting(
        "registration.approval_text",
        "joining",
        MarkedText("What people read while they wait for approval"),
        MarkedText("For example how long it takes, and whom they can ask."),
        shape="text",
        max_length=2_000,
    ),
    Setting(
        "registration.invites_per_member",
        "joining",
        MarkedText("Invitations that a new member can give away"),
        MarkedText("Moderators and admins can always invite."),
        min_value=0,
        max_value=1_000,
    ),
    Setting(
        "community.readers",
        "readers",
        MarkedText("Who can read here"),
        MarkedText("Anything but everyone also closes feeds, files and documents for other servers."),
        choices={
            "everyone": MarkedText("Everyone"),
            "members": MarkedText("Members"),
            "partners": MarkedText("Members and the members of partners"),
        },
    ),
    Setting(
        "federation.show_blocks",
        "readers",
        MarkedText("Who can see which servers are blocked"),
        choices={
            "public": MarkedText("Everyone"),
            "members": MarkedText("Members"),
            "nobody": MarkedText("Nobody but moderators"),
        },
    ),
    Setting(
        "federation.mode",
        "federation",
        MarkedText("Which servers this one talks to"),
        MarkedText("With anything but all servers, only members can read pages and use the API."),
        choices={
            "open": MarkedText("All servers that are not blocked"),
            "allowlist": MarkedText("Only servers that are allowed"),
            "closed": MarkedText("No other server"),
        },
    ),
    Setting(
        "federation.authorized_fetch",
        "federation",
        MarkedText("Other servers must say who they are before they read posts"),
        MarkedText("Blocked servers cannot read public posts then. Some older servers cannot either."),
    ),
    Setting(
        "federation.remote_retention_days",
        "federation",
        MarkedText("Days after which unused posts of other servers are deleted"),
        MarkedText(
            "Posts that someone here liked, boosted, answered or bookmarked are kept. 0: never delete."
        ),
        min_value=0,
        max_value=100 * YEAR_DAYS,
    ),
    Setting("limits.post_characters", "limits", MarkedText("Characters of a post"), max_value=1_000_000),
    Setting(
        "limits.article_characters", "limits", MarkedText("Characters of an article"), max_value=1_000_000
    ),
    Setting("limits.media_per_post", "limits", MarkedText("Files of a post"), max_value=32),
    Setting("limits.upload_bytes", "limits", MarkedText("Bytes of a picture")),
    Setting("limits.image_pixels", "limits", MarkedText("Pixels of an uploaded picture")),
    Setting("limits.video_bytes", "limits", MarkedText("Bytes of a video or sound file")),
    Setting("limits.video_pixels", "limits", MarkedText("Pixels of a video")),
    Setting("limits.video_frame_rate", "limits", MarkedText("Frames per second of a video"), max_value=1_000),
    Setting(
        "limits.media_seconds",
        "limits",
        MarkedText("Seconds of a video or sound file"),
        max_value=WEEK_S,
    ),
    Setting("limits.member_bytes", "limits", MarkedText("Bytes of all files of a member")),
    Setting("limits.poll_options", "limits", MarkedText("Options of a poll"), min_value=2, max_value=50),
    Setting(
        "limits.poll_option_characters", "limits", MarkedText("Characters of an option"), max_value=1_000
    ),
    Setting("limits.min_poll_seconds", "limits", MarkedText("Shortest poll, in seconds"), max_value=YEAR_S),
    Setting("limits.max_poll_seconds", "limits", MarkedText("Longest poll, in seconds"), max_value=YEAR_S),
    Setting(
        "limits.requests_per_5_minutes",
        "limits",
        MarkedText("Requests of an app in five minutes"),
        max_value=10_000_000,
    ),
)
# Files of texts that are in the database as well: their texts are copied at the first start.
TEXT_FILE_KEYS = ("community.privacy_policy_file", "community.terms_folder")
SETTINGS_BY_KEY = {setting.key: setting for setting in SETTINGS}


def check_value(setting: Setting, value: Any) -> None:
    """Raise ConfigError for a text that is too long or cannot be shown, or a number out of bounds."""
    if isinstance(value, int) and not isinstance(value, bool):
        _check_number(setting, value)
        return
    if isinstance(value, tuple) and len(value) > setting.max_items:
        raise ConfigError("%(key)s: Please write at most %(max)s.", key=setting.key, max=setting.max_items)
    items = value if isinstance(value, tuple) else (value,)
    for text in (text for item in items for text in _list_texts(item)):
        _check_length(setting, text)
        check_text(setting.key, text, has_lines=setting.has_lines)
    if setting.key == "community.languages":
        _check_languages(setting, items)
    if setting.key == "community.contact_email" and value and not EMAIL.fullmatch(value):
        raise ConfigError("%(key)s: Please write an address like hello@commons.example.", key=setting.key)


def _check_number(setting: Setting, value: int) -> None:
    if value < setting.min_value:
        raise ConfigError("%(key)s: Please write at least %(min)s.", key=setting.key, min=setting.min_value)
    if value > setting.max_value:
        raise ConfigError("%(key)s: Please write at most %(max)s.", key=setting.key, max=setting.max_value)


def _check_length(setting: Setting, text: str) -> None:
    if len(text) > setting.max_length:
        raise ConfigError(
            "%(key)s: The text has %(length)s characters. Please write at most %(max)s.",
            key=setting.key,
            length=len(text),
            max=setting.max_length,
        )


def _check_languages(setting: Setting, codes: tuple[str, ...]) -> None:
    for code in codes:
        if not LANGUAGE.fullmatch(code):
            raise ConfigError(
                "%(key)s: '%(value)s' is no code of a language. Please write one like en or pt-BR.",
                key=setting.key,
                value=code,
            )


def _list_texts(item: Any) -> list[str]:
    if not isinstance(item, RuleConfig):
        return [item] if isinstance(item, str) else []
    translated = [text for texts in item.translations.values() for text in (texts.text, texts.hint)]
    return [item.text, item.hint, *translated]
