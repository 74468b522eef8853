"""The rules in the console: ordered, translated, and never confused with those of before."""

from __future__ import annotations

from tests.console.test_settings import PATH, begin, find_hidden, read, send
from tests.kit.api import Api
from tests.kit.nodes import Start


async def test_rules_are_written_ordered_translated_and_removed(start: Start) -> None:
    node = await begin(start, rules=("Be kind", "No spam"))
    page = await read(node, f"{PATH}/rules")
    rules = {
        "rules[0][position]": "2", "rules[0][text]": "Be kind", "rules[0][hint]": "Always",
        "rules[0][texts][de]": "Sei freundlich", "rules[1][removed]": "1", "rules[1][text]": "No spam",
        "rules[2][position]": "1", "rules[2][text]": "Ask first",
    }  # fmt: skip
    await send(node, "rules", page, **rules)
    listed = await Api(node).get("/api/v1/instance/rules")
    assert [(rule["id"], rule["text"], rule["hint"]) for rule in listed] == [
        ("3", "Ask first", ""),
        ("1", "Be kind", "Always"),
    ]
    assert listed[1]["translations"] == {"de": {"text": "Sei freundlich", "hint": ""}}
    assert (await Api(node).get("/api/v1/instance"))["rules"] == listed
    async with node.http.get("/about", headers={"Accept-Language": "de", "Cookie": ""}) as answer:
        assert "Sei freundlich" in await answer.text()
    # A form of before is not taken for the present rules: it is shown again with what was written.
    answer = await send(node, "rules", page, 422, **rules)
    assert "Someone else changed the rules meanwhile" in answer
    assert 'value="Sei freundlich"' in answer
    # Saved again with the same text, the removed rule does not come back.
    again = {**rules, "rules[0][number]": "1", "rules[2][number]": "3"}
    await send(node, "rules", answer, **again)
    assert [rule["id"] for rule in await Api(node).get("/api/v1/instance/rules")] == ["3", "1"]


async def test_rules_without_a_reason_or_too_long_are_refused(start: Start) -> None:
    node = await begin(start)
    page = await read(node, f"{PATH}/rules")
    answer = await send(node, "rules", page, 422, reason="", **{"rules[0][text]": "Be kind"})
    assert 'id="reason-problem"' in answer
    assert 'value="Be kind"' in answer
    answer = await send(node, "rules", page, 422, **{"rules[0][text]": "x" * 501})
    assert "A rule is too long" in answer
    assert "was" in find_hidden(answer)
    assert await Api(node).get("/api/v1/instance/rules") == []
