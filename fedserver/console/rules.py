"""The rules of the community: texts, hints and translations, in an order."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.config import LOCALES
from fedserver.config_settings import MAX_HINT, MAX_RULE, MAX_RULES, RuleConfig, RuleTexts
from fedserver.console.setting_groups import find_group
from fedserver.console.settings import compute_digest
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.settings import node_settings
from fedserver.text.locales import gettext
from fedserver.web.endpoint import ADMIN, Call, NoParams, Routes

routes = Routes("console")
PATH = "/admin/settings/rules"
KEY = "community.rules"


class RuleForm(Struct, frozen=True):
    """A rule as it stands in the form. `number` 0: a new one; translations are by language."""

    text: str = ""
    hint: str = ""
    number: int = 0
    position: int = 0
    removed: bool = False
    texts: dict[str, str] = {}
    hints: dict[str, str] = {}


class RulesFormParams(Struct, frozen=True):
    csrf: str = ""
    rules: list[RuleForm] = []
    was: str = ""
    reason: str = ""


@routes.get(PATH, html=True, auth=ADMIN)
async def show(call: Call[NoParams]) -> web.Response:
    forms = [_to_form(rule, position) for position, rule in enumerate(_list_current(call), start=1)]
    return _render_page(call, forms, compute_digest(call.site.config.community.rules))


def _list_current(call: Call[Any]) -> list[RuleConfig]:
    return [rule for rule in node_settings.number_rules(call.site.config.community.rules) if not rule.removed]


def _to_form(rule: RuleConfig, position: int) -> RuleForm:
    texts = {language: item.text for language, item in rule.translations.items()}
    hints = {language: item.hint for language, item in rule.translations.items()}
    return RuleForm(rule.text, rule.hint, rule.number, position, False, texts, hints)


def _render_page(
    call: Call[Any],
    forms: list[RuleForm],
    digest: str,
    *,
    problem: str = "",
    field: str = "",
    reason: str = "",
    status: int = 200,
) -> web.Response:
    main = call.site.config.community.languages[:1]
    return call.render(
        "admin/settings_rules.html",
        status=status,
        group=find_group("rules"),
        forms=forms
        if forms and not forms[-1].number and problem
        else [*forms, RuleForm(position=len(forms) + 1)],
        locales=[code for code in LOCALES if code not in main],
        main=main[0] if main else "",
        digest=digest,
        problem=problem,
        problem_field=field,
        reason=reason,
        max_text=MAX_RULE,
        max_hint=MAX_HINT,
        is_saved="saved" in call.request.query,
    )


@routes.post(PATH, html=True, auth=ADMIN, params=RulesFormParams, tx="own")
async def change(call: Call[RulesFormParams]) -> web.Response:
    """Replace the rules; removed ones stay for the reports that name them."""
    params = call.params
    await call.services.settings.refresh()
    digest = compute_digest(call.site.config.community.rules)
    try:
        rules = _read_rules(call)
        async with call.services.db.write() as tx:
            await node_settings.change(tx, call.site, call.member, {KEY: rules}, params.reason)
    except InvalidError as error:
        forms = sorted(params.rules, key=lambda form: form.position)
        return _render_page(
            call,
            forms,
            digest,
            problem=error.message,
            field=error.field,
            reason=params.reason,
            status=422,
        )
    return call.see_other(f"{PATH}?saved=1")


def _read_rules(call: Call[RulesFormParams]) -> tuple[RuleConfig, ...]:
    """Return the rules that the form says. Raises InvalidError."""
    params, current = call.params, node_settings.number_rules(call.site.config.community.rules)
    if params.was != compute_digest(call.site.config.community.rules):
        message = gettext(
            "Someone else changed the rules meanwhile: %(value)s. Save again to replace them by yours.",
            value=node_settings.show_value(current),
        )
        raise InvalidError(KEY, "changed meanwhile", message=message)
    known = {rule.number: rule for rule in current}
    forms = sorted(params.rules, key=lambda form: form.position)
    for form in forms:
        _check_form(form)
    entries = [_to_rule(form, known) for form in forms if form.text.strip() and not form.removed]
    if len(entries) > MAX_RULES:
        raise InvalidError(
            KEY, "are too many", message=gettext("Please write at most %(max)s rules.", max=MAX_RULES)
        )
    rules = node_settings.merge_rules(current, entries)
    if rules != current and not params.reason.strip():
        message = gettext("Please say why. Members can read it in the log.")
        raise InvalidError("reason", "can't be blank", "ERR_BLANK", message=message)
    return rules


def _check_form(form: RuleForm) -> None:
    texts = [form.text, *form.texts.values()]
    if any(len(text) > MAX_RULE for text in texts):
        message = gettext(
            "A rule is too long. Please write at most %(max)s characters, and more in its hint.", max=MAX_RULE
        )
        raise InvalidError(KEY, "is too long", "ERR_TOO_LONG", message=message)
    if any(
        form.texts.get(language, "").strip() == "" and hint.strip() for language, hint in form.hints.items()
    ):
        message = gettext("A translated hint needs the translation of its rule.")
        raise InvalidError(KEY, "is incomplete", message=message)


def _to_rule(form: RuleForm, known: dict[int, RuleConfig]) -> RuleConfig:
    """Return a rule of the form; a number that no rule has makes it a new one."""
    translations = {
        language: RuleTexts(_clean(text), _clean(form.hints.get(language, "")))
        for language, text in form.texts.items()
        if text.strip() and language in LOCALES
    }
    number = form.number if form.number in known else 0
    return RuleConfig(_clean(form.text), _clean(form.hint), number, False, translations)


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
