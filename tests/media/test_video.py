"""Films and sound: playable everywhere, freed of what they told, and nothing bad comes in."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import av
import pytest
from PIL import Image

from fedserver.media.av_worker import AvWorker
from fedserver.media.errors import UnacceptableFileError
from fedserver.media.images import process_attachment
from fedserver.media.results import ConvertedMedia, MediaLimits
from fedserver.media.video import convert, probe
from tests.kit import videos

MOST = MediaLimits(max_seconds=60, max_pixels=8_294_400, max_frame_rate=120, max_bytes=50_000_000)


def made(folder: Path, data: bytes, most: MediaLimits = MOST) -> ConvertedMedia:
    path = folder / "came.raw"
    path.write_bytes(data)
    probe(str(path), most)
    return convert(str(path), str(folder), most)


def kept(recording: ConvertedMedia) -> bytes:
    return Path(recording.path).read_bytes()


@pytest.mark.parametrize(
    ("data", "content_type", "codecs"),
    [
        (videos.make_video(), "video/mp4", ["h264", "aac"]),
        (videos.make_video("mov"), "video/mp4", ["h264", "aac"]),
        (videos.make_video("matroska"), "video/mp4", ["h264", "aac"]),
        (videos.make_video("webm", "libvpx-vp9", "libopus"), "video/webm", ["vp9", "opus"]),
        (videos.make_video("mp4", "mpeg4", "aac"), "video/mp4", ["h264", "aac"]),
        (videos.make_video("matroska", "mpeg4", "flac"), "video/mp4", ["h264", "aac"]),
        (videos.make_video("mp4", audio=None), "video/mp4", ["h264"]),
        (videos.make_audio(), "audio/mpeg", ["mp3"]),
        (videos.make_audio("ogg", "libopus"), "audio/ogg", ["opus"]),
        (videos.make_audio("flac", "flac"), "audio/flac", ["flac"]),
        (videos.make_audio("mp4", "aac"), "audio/mp4", ["aac"]),
        (videos.make_audio("adts", "aac"), "audio/mp4", ["aac"]),
        (videos.make_audio("wav", "pcm_s16le"), "audio/mp4", ["aac"]),
    ],
    ids=[
        "mp4", "mov", "h264-in-mkv", "webm", "mpeg4", "mkv", "mute",
        "mp3", "opus", "flac", "m4a", "adts", "wav",
    ],
)  # fmt: skip
def test_accepted_media_is_playable_and_without_metadata(
    tmp_path: Path, data: bytes, content_type: str, codecs: list[str]
) -> None:
    recording = made(tmp_path, data)
    assert recording.content_type == content_type
    assert abs(recording.duration - 1.0) < 0.15
    assert recording.bytes == len(kept(recording))
    for word in (b"secret place", b"+51.0543"):
        assert word not in kept(recording)
    with av.open(recording.path) as container:
        assert [each.codec_context.codec.canonical_name for each in container.streams] == codecs
        assert all(len(list(packet.decode())) >= 0 for packet in container.demux())
    if recording.kind == "video":
        assert (recording.width, recording.height, recording.frame_rate) == (64, 48, "10/1")
        assert recording.small is not None
        assert recording.blurhash
        red, _, blue = Image.open(io.BytesIO(recording.small.data)).convert("RGB").getpixel((9, 9))  # type: ignore[misc]
        assert red > 200
        assert blue < 60
    else:
        assert recording.kind == "audio"
        assert recording.small is None


def test_large_video_shrinks_to_an_even_size(tmp_path: Path) -> None:
    recording = made(tmp_path, videos.make_video("mp4", "mpeg4", None, size=(2_560, 1_442), seconds=0.2))
    assert recording.width is not None
    assert recording.height is not None
    assert recording.width * recording.height <= 2_073_600
    assert recording.width % 2 == recording.height % 2 == 0
    with av.open(recording.path) as container:
        context = container.streams.video[0].codec_context
        assert (context.width, context.height) == (recording.width, recording.height)


def cut(data: bytes) -> bytes:
    return data[: len(data) * 2 // 5]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not a video or audio file"),
        (b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n", "not a video or audio file"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "not a video or audio file"),
        (cut(videos.make_video(seconds=3)), "broken|cut off"),
        (cut(videos.make_video(seconds=3, movflags="+faststart")), "broken|cut off"),
        (cut(videos.make_video("webm", "libvpx-vp9", "libopus", seconds=3)), "cut off|broken"),
        (b"\x1a\x45\xdf\xa3" + b"<script>" * 100, "broken"),
        (b"\0\0\0\x18ftypisom" + bytes(500), "broken"),
        (videos.make_video("mp4", None, "aac", seconds=61), "longer than 1 minute. "),
        (videos.make_video("mp4", audio=None, size=(4_000, 2_200), seconds=0.1), "million pixels"),
        (videos.make_video("mp4", audio=None, rate=200, seconds=0.2), "frames per second"),
    ],
    ids=["empty", "playlist", "concat", "no-index", "truncated", "truncated-webm", "ebml-polyglot", "boxes",
         "long", "large", "fast"],
)  # fmt: skip
def test_bad_files_are_refused(tmp_path: Path, data: bytes, why: str) -> None:
    with pytest.raises(UnacceptableFileError, match=why):
        made(tmp_path, data)


def test_wrong_declared_duration_is_found(tmp_path: Path) -> None:
    short = MediaLimits(max_seconds=2, max_pixels=8_294_400, max_frame_rate=120, max_bytes=50_000_000)
    data = videos.make_video("matroska", None, "flac", seconds=4, live="1")
    with pytest.raises(UnacceptableFileError, match="longer"):
        made(tmp_path, data, short)


def test_rotated_video_stays_upright(tmp_path: Path) -> None:
    upright = videos.rotate_video(videos.make_video(size=(64, 32)))
    for data in (upright, videos.rotate_video(videos.make_video("mp4", "mpeg4", size=(64, 32)))):
        recording = made(tmp_path, data)
        assert (recording.width, recording.height) == (32, 64)
        assert recording.small is not None
        assert (recording.small.width, recording.small.height) == (32, 64)


def animation() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (51, 41), color) for color in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=200, comment=b"secret")
    return out.getvalue()


def test_animated_image_becomes_a_silent_video() -> None:
    made = process_attachment(animation())
    assert (made.kind, made.full.content_type) == ("gifv", "video/mp4")
    assert (made.full.width, made.full.height) == (50, 40)
    assert made.duration == 0.6
    assert made.small.content_type == "image/jpeg"
    assert made.blurhash
    assert b"secret" not in made.full.data
    with av.open(io.BytesIO(made.full.data)) as container:
        assert not container.streams.audio
        frames = [frame.to_image().getpixel((9, 9)) for frame in container.decode(video=0)]
        assert abs((container.duration or 0) / av.time_base - 0.6) < 0.05
    assert frames[0][0] > 200
    assert frames[2][2] > 200


@pytest.fixture
async def worker() -> AsyncIterator[AvWorker]:
    made = AvWorker(MOST)
    yield made
    made.close()


async def test_work_is_done_in_another_process(worker: AvWorker, tmp_path: Path) -> None:
    path = tmp_path / "came.raw"
    path.write_bytes(videos.make_video())
    await worker.probe(path)
    recording = await worker.convert(path, tmp_path)
    assert recording.width == 64
    path.write_bytes(b"nothing")
    with pytest.raises(UnacceptableFileError):
        await worker.probe(path)


async def test_a_result_that_is_too_large_is_refused(tmp_path: Path) -> None:
    worker = AvWorker(MediaLimits(max_seconds=60, max_pixels=8_294_400, max_frame_rate=120, max_bytes=2_000))
    path = tmp_path / "came.raw"
    path.write_bytes(videos.make_video())
    with pytest.raises(UnacceptableFileError):
        await worker.convert(path, tmp_path)
    worker.close()
