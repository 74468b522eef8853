"""Settings as a file: what is exported can be imported, and mistakes name their key."""

from __future__ import annotations

from datetime import date

import pytest

from fedserver.config import CommunityConfig, get_value
from fedserver.config_settings import SETTINGS, RuleConfig, RuleTexts
from fedserver.config_values import ConfigError
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.settings import legal_texts, setting_files
from storage.engine import Database
from tests.kit.people import make_context


async def test_export_can_be_imported(database: Database) -> None:
    rule = RuleConfig('Say "hi" \\ é', "Always\nso", 7, False, {"de": RuleTexts("Sag hallo")})
    here = make_context(community=CommunityConfig(title="A = [b]", welcome="# Hi\n\x7f", rules=(rule,)))
    async with database.write() as tx:
        await legal_texts.write(tx, None, "imprint", "We\n\nhere", "why")
        await legal_texts.write(tx, None, "terms", "Be nice", "why", date(2027, 1, 1))
        text = await setting_files.export(tx, here.config)
    read = setting_files.parse(text.encode())
    assert read.values == {
        setting.key: get_value(here.config, setting.key) for setting in SETTINGS if not setting.is_file
    }
    assert read.texts == {("imprint", ""): "We\n\nhere", ("terms", "2027-01-01"): "Be nice"}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[community", "not valid TOML"),
        ("title = 1", "title: Please write a section"),
        ("[legal_texts]\nprivacy = 1", "legal_texts.privacy: There is no such legal text"),
        ('[legal_texts.terms]\nsoon = "x"', "legal_texts.terms.soon: There is no such"),
    ],
)
def test_mistake_in_a_file_is_named(text: str, error: str) -> None:
    with pytest.raises(InvalidError) as caught:
        setting_files.parse(text.encode())
    assert error in caught.value.message


@pytest.mark.parametrize("text", ['[node]\ndomain = "a.test"', "[community]\nhue = true"])
def test_key_that_is_no_setting_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        setting_files.parse(text.encode())
