"""Outlines to begin an article with."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from fedserver.text.locales import gettext


class ArticleOutline(Struct, frozen=True):
    """An outline for a new article; `name` says in a list what it is for."""

    key: str
    name: str
    hint: str
    text: str


def _build_problem() -> ArticleOutline:
    return ArticleOutline(
        "problem",
        gettext("A problem we solved"),
        gettext("For example: how we stopped losing orders"),
        _write_sections(
            (gettext("The problem"), gettext("What happened, to whom, and how often?")),
            (gettext("What we tried"), gettext("Also what did not work, and why.")),
            (gettext("What worked"), gettext("So that others can do the same.")),
            (gettext("Open question"), gettext("What would you like to know from others?")),
        ),
    )


def _build_how_to() -> ArticleOutline:
    return ArticleOutline(
        "how-to",
        gettext("How-to"),
        gettext("For example: how to book the meeting room"),
        _write_sections(
            (gettext("What you need"), gettext("Accounts, tools, time.")),
            (gettext("Steps"), "1. " + gettext("First …") + "\n2. " + gettext("Then …")),
            (gettext("If something goes wrong"), gettext("What usually helps, and whom to ask.")),
        ),
    )


def _build_minutes() -> ArticleOutline:
    return ArticleOutline(
        "minutes",
        gettext("Minutes"),
        gettext("For example: meeting of the board in May"),
        _write_sections(
            (gettext("Who was there"), gettext("Names, and who is excused.")),
            (gettext("What we talked about"), gettext("A few sentences for each topic.")),
            (gettext("What we decided"), "- " + gettext("Decision …")),
            (gettext("Who does what until when"), "- [ ] " + gettext("Task, person, date")),
        ),
    )


def _build_introduction() -> ArticleOutline:
    return ArticleOutline(
        "introduction",
        gettext("Introduce yourself"),
        gettext("For example: hello from the workshop"),
        _write_sections(
            (gettext("Who I am"), gettext("What you do here, and since when.")),
            (gettext("Ask me about"), gettext("What you know well and like to explain.")),
            (gettext("What I would like to learn"), gettext("Someone here may know it.")),
            (gettext("Besides work"), gettext("If you like.")),
        ),
    )


_BUILDERS: dict[str, Callable[[], ArticleOutline]] = {
    "problem": _build_problem,
    "how-to": _build_how_to,
    "minutes": _build_minutes,
    "introduction": _build_introduction,
}


def _write_sections(*sections: tuple[str, str]) -> str:
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in sections)


def list_outlines() -> list[ArticleOutline]:
    """Return all outlines in the current locale."""
    return [build() for build in _BUILDERS.values()]


def find_outline(key: str) -> ArticleOutline | None:
    """Return an outline in the current locale, None for an unknown key."""
    build = _BUILDERS.get(key)
    return build() if build is not None else None
