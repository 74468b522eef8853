"""Walking the HTML forms of log-in and consent, as a person without JavaScript does."""

from __future__ import annotations

import html
import re

import requests

PASSWORD = "correct horse battery"
HIDDEN = re.compile(r'type="hidden" name="([^"]+)" value="([^"]*)"')


def authorize_app(address: str, username: str, ca_file: str) -> str:
    """Open an authorization address, log in, allow; the code that is shown."""
    with requests.Session() as session:
        session.verify = ca_file
        page = session.get(address, timeout=20)
        base = address.partition("/oauth/")[0]
        next_page = dict(_list_hidden_fields(page.text))["next"]
        answers = {"username": username, "password": PASSWORD, "next": next_page}
        page = session.post(f"{base}/login", data=answers, timeout=20)
        form = page.text[page.text.index('action="/oauth/authorize"') :]
        page = session.post(
            f"{base}/oauth/authorize",
            data={**dict(_list_hidden_fields(form)), "decision": "allow"},
            timeout=20,
        )
        found = re.search(r'<code id="code">([^<]+)</code>', page.text)
        assert found is not None, page.text
        return found.group(1)


def _list_hidden_fields(text: str) -> list[tuple[str, str]]:
    return [(name, html.unescape(value)) for name, value in HIDDEN.findall(text)]
