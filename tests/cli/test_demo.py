"""The demo: three nodes whose members follow, write and like, and which are partners of each other."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.kit import commands

ROOT = Path(__file__).parents[2]
LAST_LINE = "The password of every member is"


def find_three_ports() -> int:
    """Return the first of three ports in a row that nobody listens at."""
    # From anywhere, as other processes of the tests look for theirs at the same moment.
    for first in range(20_000 + 3 * (os.getpid() % 3_000), 32_000, 3):
        try:
            for port in range(first, first + 3):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise AssertionError("no free ports")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[commands.Command, list[str]]]:
    """Yield a demo that has said where it is, and its three addresses."""
    folder, port = tmp_path_factory.mktemp("demo"), find_three_ports()
    environment = {"LC_ALL": "C.UTF-8", "TMPDIR": str(folder)}
    process = commands.start(
        "demo",
        "--port",
        str(port),
        folder=folder,
        environment=environment,
        stderr=commands.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith(LAST_LINE):
                break
        bases = re.findall(r"^  (http://localhost:\d+)$", "".join(lines), re.M)
        assert bases == [f"http://localhost:{port + number}" for number in range(3)], lines
        yield process, bases
    finally:
        process.kill()
        process.communicate()


def read(address: str, accept: str = "text/html") -> str:
    with urlopen(Request(address, headers={"Accept": accept}), timeout=20) as answer:
        return str(answer.read().decode())


def read_json(address: str) -> Any:
    return json.loads(read(address, "application/json"))


Demo = tuple[commands.Command, list[str]]


def test_nodes_of_the_demo_are_partners_of_each_other(demo: Demo) -> None:
    for base in demo[1]:
        others = {other.removeprefix("http://") for other in demo[1] if other != base}
        partners = read_json(f"{base}/api/fedserver/v1/partners")
        assert {partner["domain"] for partner in partners} == others
        assert all(sorted(partner["scopes"]) == ["local", "posts"] for partner in partners)
        page = read(f"{base}/partners")
        assert all(other in page for other in others)


def test_articles_of_the_demo_are_shown_on_every_node_with_their_likes(demo: Demo) -> None:
    titles = (
        "A catalogue that everybody can read",
        "Why your toaster lets go",
        "Reading a heating bill together",
    )
    for base, title, likes in zip(demo[1], titles, (3, 1, 2), strict=True):
        blog = read(f"{base}/blog?order=helpful&window=ever")
        assert title in blog
        assert f"Helpful to {likes} {'person' if likes == 1 else 'people'}" in blog
        (status,) = [
            item
            for item in read_json(f"{base}/api/v1/timelines/public?local=true")
            if title in item["content"]
        ]
        page = read(status["url"])
        assert f'<h1 dir="auto">{title}</h1>' in page
        assert 'id="user-content-' in page
        remote = read_json(f"{base}/api/v1/timelines/public?remote=true&limit=40")
        assert sum(other in item["content"] for item in remote for other in titles) >= 2


def test_demo_ends_quietly_and_deletes_its_data(demo: Demo) -> None:
    process, bases = demo
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    with pytest.raises((HTTPError, OSError)):
        read(bases[0])


def test_demo_on_a_port_in_use_says_so_and_ends(tmp_path: Path) -> None:
    port = find_three_ports()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + 1))
        other.listen()
        environment = {"LC_ALL": "C", "TMPDIR": str(tmp_path)}
        ended = commands.run(
            "demo", "--once", "--port", str(port), folder=tmp_path, environment=environment, text=True
        )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert str(port + 1) in ended.stderr
