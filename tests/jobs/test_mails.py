"""Mails are worded when they are sent, in the language of their receiver."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest
from msgspec import structs

from fedserver.config import MailConfig
from fedserver.domain.auth import members, password_resets, security_mails
from fedserver.domain.kernel import jobs, mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.jobs.mails import compose as mail_composer
from fedserver.jobs.mails import titles
from fedserver.text import locales
from fedserver.text.locales import use_locale
from storage.engine import Database
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow
from tests.kit.mails import take_mails
from tests.kit.people import make_context, new_keys

MARK = "[de] "
CONTENTS = [
    mails.ConfirmEmail("TOKEN"),
    mails.ConfirmNewEmail("TOKEN"),
    mails.EmailChangeRequested("new@mail.test"),
    mails.EmailChanged("new@mail.test"),
    mails.ResetPassword("TOKEN"),
    mails.AlreadyMember(),
    mails.SignupApproved(),
    mails.SignupApproved("TOKEN"),
    mails.SignupExpired(),
    mails.ModerationWarning("silence", "Too loud", "https://alpha.test/@ann"),
    mails.AppealDecided(True, "Sorry"),
    mails.AppealDecided(False, "It stays"),
    mails.AppealFiled(),
    mails.PartnershipChanged("beta.test", "offered", "Hello"),
    mails.PartnershipChanged("beta.test", "ended"),
    mails.ConfirmSubscription("TOKEN", "@ann@alpha.test"),
]
# What a mail holds that is no text of ours: links, and what people wrote.
OTHERS = ("https://", "Too loud", "Sorry", "It stays", "Hello")


class MarkingCatalogue(gettext.NullTranslations):
    """A catalogue in which every text begins with a mark."""

    def gettext(self, message: str) -> str:
        return MARK + message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return MARK + (msgid1 if n == 1 else msgid2)


@pytest.fixture(autouse=True)
def _german(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(locales._catalogues, "de", MarkingCatalogue())


def make_site(folder: Path, default_locale: str = "en") -> NodeContext:
    mail = MailConfig(host="mail.test", sender="node@alpha.test")
    site = make_context(folder, mail=mail)
    node = structs.replace(site.config.node, default_locale=default_locale)
    return NodeContext(structs.replace(site.config, node=node), site.links)


async def create_member(database: Database, site: NodeContext, locale: str) -> MemberRow:
    async with database.write() as tx:
        member, _ = await members.create_approved(tx, site, "ann", "ann@mail.test", "hash", new_keys())
        settings = members.encode(members.MemberSettings(locale=locale)).decode()
        await member_queries.set_value(tx, member.id, "settings", settings)
        return await members.get(tx, member.id)


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: type(content).__name__)
async def test_every_mail_is_worded_in_the_language_of_its_receiver(
    database: Database, tmp_path: Path, content: mails.AnyMailContent
) -> None:
    site = make_site(tmp_path)
    async with database.read() as tx:
        german = await mail_composer.compose(tx, site, jobs.ComposeMail("a@mail.test", content, locale="de"))
        english = await mail_composer.compose(tx, site, jobs.ComposeMail("a@mail.test", content))
    assert german.subject.startswith(MARK)
    unmarked = [line for line in german.text.splitlines() if line and not line.startswith((MARK, *OTHERS))]
    assert unmarked == []
    assert MARK not in english.subject + english.text
    assert german.text.replace(MARK, "") == english.text


@pytest.mark.parametrize("change", sorted(security_mails.CHANGES))
async def test_every_security_notice_has_a_sentence_of_its_own(
    database: Database, tmp_path: Path, change: str
) -> None:
    async with database.read() as tx:
        site = make_site(tmp_path)
        mail, other = [
            await mail_composer.compose_security_notice(
                tx, site, jobs.SendSecurityNotice("a@mail.test", word)
            )
            for word in (change, "something newer")
        ]
    assert mail.subject == other.subject
    assert mail.text != other.text


@pytest.mark.parametrize(
    ("setting", "default", "is_german"),
    [("de", "en", True), ("", "de", True), ("en", "de", False), ("", "en", False)],
)
async def test_setting_of_the_member_goes_before_the_default_of_the_node(
    database: Database, tmp_path: Path, setting: str, default: str, is_german: bool
) -> None:
    site = make_site(tmp_path, default)
    member = await create_member(database, site, setting)
    async with database.write() as tx:
        with use_locale("fr"):  # of the request: someone else may have sent it
            await password_resets.request(tx, site, "ann")
        notice = jobs.SendSecurityNotice(member.email, "off", member.id)
        mail_of_notice = await mail_composer.compose_security_notice(tx, site, notice)
    [mail] = await take_mails(database, site)
    assert mail.subject.startswith(MARK) is is_german
    assert mail_of_notice.subject.startswith(MARK) is is_german


def test_title_of_a_push_message_is_a_sentence_in_the_current_locale() -> None:
    kinds = [
        "mention",
        "status",
        "reblog",
        "follow",
        "follow_request",
        "favourite",
        "poll",
        "update",
        "quote",
        "quoted_update",
        "admin.sign_up",
        "admin.report",
        "something.newer",
    ]
    with use_locale("de"):
        lines = {titles.render_title(kind, "Bob") for kind in kinds}
    assert len(lines) == len(kinds)
    assert {title.startswith(MARK) and "Bob" in title for title in lines} == {True}
