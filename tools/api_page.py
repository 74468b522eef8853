"""Writes `docs/api.md` from the declarations of the client API: `python tools/api_page.py`.

A test compares the file with what this prints. Names in brackets are optional parameters.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from msgspec import inspect

from fedserver.client_api.stubs import STUBS
from fedserver.node import list_endpoints
from fedserver.web.endpoint import Endpoint

PAGE = Path(__file__).parents[1] / "docs" / "api.md"
HEAD = """# The client API

Written by `python tools/api_page.py` from the declarations. Shapes are Mastodon's, so its documentation
applies. *Who*: `anyone` (a token is used if there is one), `app` (any token), `user` (a member's token),
`moderator` or `admin` (a member of that rank). Parameters come by query, form, multipart or JSON; in brackets
what may be left out. Lists take `max_id`, `since_id`, `min_id` and `limit`. Of our own: `title`,
`content_type`, `local_only`, `partners_only`, `draft` and `cover_id` on statuses.
"""


def render_rows(endpoints: list[Endpoint]) -> Iterator[str]:
    """One line an endpoint, grouped by the file that declares it."""
    for name, group in groupby(endpoints, key=lambda each: each.handler.__module__.rpartition(".")[2]):
        yield f"\n## {name.replace('_', ' ').capitalize()}\n"
        yield "| method and path | who | scope | parameters | answer |"
        yield "| --- | --- | --- | --- | --- |"
        for each in group:
            answer = "nothing yet" if each.path in STUBS else _render_answer(each.response_type)
            scope = each.scope.replace("|", " or ") or "-"
            params = _render_params(each)
            yield f"| {each.method} `{each.path}` | {each.auth} | {scope} | {params} | {answer} |"


def _render_params(endpoint: Endpoint) -> str:
    shape = inspect.type_info(endpoint.params)
    assert isinstance(shape, inspect.StructType)
    names = (each.encode_name if each.required else f"[{each.encode_name}]" for each in shape.fields)
    return " ".join(names) or "-"


def _render_answer(kind: Any) -> str:
    """The name of the answer's entity, without the modules it comes from."""
    text = str(kind) if getattr(kind, "__args__", None) else getattr(kind, "__name__", "-")
    return re.sub(r"[\w.]+\.(\w+)", r"\1", text).replace("|", "or")


def render_page() -> str:
    """The whole document."""
    endpoints = [
        each for each in list_endpoints() if each.surface in ("client_api", "oauth") and not each.html
    ]
    return HEAD + "\n".join(render_rows(endpoints)) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render_page())
    sys.stdout.write(f"wrote {PAGE.name}\n")
