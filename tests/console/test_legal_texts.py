"""Legal texts in the console: from a template to a page that everyone reads."""

from __future__ import annotations

from tests.console.test_settings import PATH, begin, read, send
from tests.kit.api import Api
from tests.kit.nodes import Start


async def test_legal_text_is_previewed_written_and_read(start: Start) -> None:
    node = await begin(start)
    assert "Start from a template" in await read(node, f"{PATH}/legal")
    for kind in ("privacy", "terms", "imprint", "accessibility"):
        assert "[" in await read(node, f"{PATH}/legal/{kind}?template=1")
    page = await read(node, f"{PATH}/legal/imprint")
    preview = await send(node, "legal/imprint", page, 200, source="# We <script>", preview="1")
    assert "<h2>We" in preview or "<h1>We" in preview or "We &lt;script&gt;" in preview
    assert "<script>" not in preview
    async with node.http.get("/imprint") as answer:
        assert answer.status == 404
    await send(node, "legal/imprint", page, source="**We** are here")
    assert "<strong>We</strong> are here" in await read(node, "/imprint")
    assert 'href="/imprint"' in await read(node, "/about")
    # Another admin's form of before.
    answer = await send(node, "legal/imprint", page, 422, source="Others")
    assert "Someone else changed this text meanwhile" in answer
    assert "Others" in answer
    await send(node, "legal/imprint", answer, source="")
    async with node.http.get("/imprint") as answer_of_page:
        assert answer_of_page.status == 404
    assert "Imprint changed" in await read(node, "/log")


async def test_terms_in_effect_stay_as_they_are(start: Start) -> None:
    node = await begin(start)
    page = await read(node, f"{PATH}/legal/terms")
    assert "Please choose the day" in await send(node, "legal/terms", page, 422, source="Be nice", day="")
    assert "Please write a day" in await send(node, "legal/terms", page, 422, source="Be nice", day="soon")
    await send(node, "legal/terms", page, source="Be nice", day="2026-01-01")
    answer = await send(node, "legal/terms", page, 422, source="Be nasty", day="2026-01-01")
    assert "in effect already" in answer
    await send(node, "legal/terms", page, source="Be nicer", day="2027-01-01")
    page = await read(node, f"{PATH}/legal/terms?day=2027-01-01")
    await send(node, "legal/terms", page, source="Be very nice", day="2027-01-01")
    assert "Be nice" in await read(node, "/terms")
    assert "Be very nice" in await read(node, "/terms/2027-01-01")
    terms = await Api(node).get("/api/v1/instance/terms_of_service")
    assert (terms["effective_date"], terms["succeeded_by"]) == ("2026-01-01", "2027-01-01")
    instance = await Api(node).get("/api/v2/instance")
    assert instance["configuration"]["urls"]["terms_of_service"] == "https://alpha.test/terms"
