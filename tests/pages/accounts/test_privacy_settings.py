"""Privacy in the settings: who may follow and find a member, and what new posts start with."""

from __future__ import annotations

from fedserver.domain.auth.members import MemberSettings
from tests.kit.api import Api
from tests.kit.filled_forms import read_form, send
from tests.kit.nodes import Start
from tests.kit.visitors import log_in_visitor

PATH = "/settings/privacy"


async def test_choices_are_those_of_the_api_and_stay(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    api = Api(node, await node.create_token(ann))
    changes = {
        "locked": "1",
        "discoverable": None,
        "indexable": "1",
        "hide_collections": "1",
        "visibility": "followers",
        "quote_policy": "nobody",
        "language": "pt-BR",
        "sensitive": "1",
    }
    page = await send(visitor, PATH, PATH, changes)
    assert "Saved." in page.text
    account = (await api.request("GET", "/api/v1/accounts/verify_credentials")).body
    assert (account["locked"], account["discoverable"], account["indexable"]) == (True, False, True)
    source = account["source"]
    assert source["hide_collections"] is True
    assert (source["privacy"], source["language"], source["sensitive"], source["quote_policy"]) == (
        "private", "pt-BR", True, "nobody",
    )  # fmt: skip
    # Saved again without a change, everything stays; a language that only an app knows does too.
    await api.request(
        "PATCH", "/api/v1/accounts/update_credentials", json={"source": {"language": "sr-Latn"}}
    )
    await send(visitor, PATH, PATH, {})
    account = (await api.request("GET", "/api/v1/accounts/verify_credentials")).body
    assert account["source"]["language"] == "sr-Latn"
    assert account["locked"] is True


async def test_form_begins_with_the_usual_choices(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    values = dict(read_form(await visitor.open(PATH), PATH).pairs)
    usual = MemberSettings()
    assert (values["visibility"], values["quote_policy"]) == (usual.visibility, usual.quote_policy)
    assert values["language"] == ""
    assert "sensitive" not in values
    # A value that no form offers changes nothing.
    headers = {"Origin": node.base, "Sec-Fetch-Site": "same-origin"}
    async with visitor.http.post(PATH, data={**values, "visibility": "all"}, headers=headers) as answer:
        assert answer.status == 422
