"""What the pages offer to devices."""

from __future__ import annotations

import io

from PIL import Image

from tests.kit.nodes import Start


async def test_manifest_makes_the_pages_installable(start: Start) -> None:
    node = await start("alpha.test")
    async with node.http.get("/manifest.json") as answer:
        assert answer.status == 200
        assert answer.content_type == "application/manifest+json"
        found = await answer.json(content_type=None)
    assert found["name"] == "Node alpha.test"
    assert found["display"] == "standalone"
    sizes = {}
    for icon in found["icons"]:
        async with node.http.get(icon["src"]) as answer:
            assert answer.status == 200
            assert answer.content_type == icon["type"]
            data = await answer.read()
        if icon["type"] == "image/png":
            picture = Image.open(io.BytesIO(data))
            sizes[icon["sizes"]] = f"{picture.width}x{picture.height}"
    assert sizes == {"192x192": "192x192", "512x512": "512x512"}
    for shortcut in [found["start_url"], *(each["url"] for each in found["shortcuts"])]:
        async with node.http.get(shortcut, allow_redirects=False) as answer:
            assert answer.status in (200, 303)
    async with node.http.get("/login") as answer:
        assert '<link rel="manifest" href="/manifest.json">' in await answer.text()
