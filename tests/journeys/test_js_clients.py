"""Client libraries of the JavaScript world: a scripted day each against a real node.

They need Node.js and `npm ci` in `tests/journeys/js`; without them the tests are skipped, unless
FEDSERVER_REQUIRE_JS is set, as CI does.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from PIL import Image

from tests.kit.javascript import require_js
from tests.kit.nodes import Start

FOLDER = Path(__file__).parent / "js"


@pytest.mark.surface
@pytest.mark.parametrize("library", ["masto", "megalodon"])
async def test_javascript_client_uses_the_main_features(start: Start, tmp_path: Path, library: str) -> None:
    program = require_js(FOLDER)
    node = await start("localhost")
    ann, _ = await node.create_member("ann"), await node.create_member("bob")
    picture = tmp_path / "picture.png"
    Image.new("RGB", (320, 200), "teal").save(picture)
    day = await asyncio.create_subprocess_exec(
        program,
        f"day_{library}.mjs",
        cwd=FOLDER,
        env={
            "PATH": os.environ["PATH"],
            "BASE": node.base,
            "TOKEN": await node.create_token(ann),
            "OTHER": "bob",
            "PICTURE": str(picture),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(day.communicate(), 60)
    assert day.returncode == 0, output.decode()
    assert b"done" in output, output.decode()
