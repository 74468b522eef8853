"""Files with secrets: closed to others whatever the umask, complete or absent, and the node's own."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from fedserver.media.store import FileStore
from storage.opening import open_database, prepare_database
from storage.private_files import create_folder, write_new_file
from storage.sealing.box import SecretBox
from tests.kit import databases
from tests.kit.clock import Clock


@pytest.fixture(params=[0o000, 0o022, 0o077], autouse=True)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}


def assert_private(folder: Path) -> None:
    for path in folder.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


async def test_database_with_log_and_key_is_private(tmp_path: Path, clock: Clock) -> None:
    box = SecretBox(tmp_path / "keys" / "seal.key")
    database = await prepare_database(f"sqlite:{tmp_path}/a/b/node.sqlite3", clock, box)
    async with database.write() as tx:
        tx.new_id()
    found = modes(tmp_path)
    await database.close()
    assert {"a/b/node.sqlite3", "a/b/node.sqlite3-wal", "a/b/node.sqlite3-shm"} <= found.keys()
    assert set(found.values()) == {0o600, 0o700}
    assert_private(tmp_path)


async def test_database_that_others_could_read_is_closed_to_them(tmp_path: Path, clock: Clock) -> None:
    url = databases.new_sqlite(tmp_path)
    os.chmod(url.removeprefix("sqlite:"), 0o644)
    database = await open_database(url, clock)
    found = modes(tmp_path)
    await database.close()
    assert set(found.values()) == {0o600}


async def test_media_and_archives_are_private(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "data" / "media")
    await store.put_bytes(b"an image", "webp")
    with store.temp_dir() as folder:
        archive = folder / "archive.zip"
        archive.write_bytes(b"an archive")
        await store.put_private(archive, "zip")
        film = folder / "film.mp4"
        film.write_bytes(b"a film")
        await store.put_file(film, "mp4")
    assert {mode for name, mode in modes(tmp_path).items() if name.endswith(".zip")} == {0o600}
    assert_private(tmp_path)


def test_new_file_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError), write_new_file(tmp_path / "new") as file:
        file.write(b"half")
        raise ValueError
    assert list(tmp_path.iterdir()) == []


def test_new_file_does_not_replace_one_that_came_first(tmp_path: Path) -> None:
    path = tmp_path / "new"
    with pytest.raises(FileExistsError), write_new_file(path) as file:
        file.write(b"late")
        path.write_bytes(b"first")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_new_file_on_a_disk_without_hard_links_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "new"
    with write_new_file(path) as file:
        file.write(b"all")
    assert path.read_bytes() == b"all"
    with pytest.raises(FileExistsError), write_new_file(path) as file:
        file.write(b"again")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_what_root_creates_belongs_to_the_owner_of_the_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, 12_345, 12_346)
    create_folder(tmp_path / "data" / "more")
    with write_new_file(tmp_path / "data" / "more" / "file") as file:
        file.write(b"x")
    for path in tmp_path.rglob("*"):
        assert (path.stat().st_uid, path.stat().st_gid) == (12_345, 12_346), path
