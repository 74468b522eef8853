"""Videos and audio: checked by content, stripped of metadata, and playable in all browsers.

If browsers can play the codecs of a file, its packets are copied into a new container, so that titles,
locations, chapters and data tracks stay behind; otherwise it is transcoded to H.264 and AAC. Runs in a child
process with limits on memory and time, as it parses untrusted input. The demuxer is chosen by the content of
the file: playlists, which name other files, are never read.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.bitstream import BitStreamFilterContext
from PIL import Image

from fedserver.media.errors import FileLimitError, UnacceptableFileError, build_broken_error
from fedserver.media.frames import reject_on_error, render_still
from fedserver.media.results import ConvertedMedia, EncodedImage, MediaLimits
from fedserver.media.sniff import sniff

VIDEO_FRAME: Any = av.VideoFrame
DEMUXERS = {
    "video/mp4": "mov",
    "video/webm": "matroska",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/wav": "wav",
}
MP4 = ("mp4", "mp4", "video/mp4")
M4A = ("ipod", "m4a", "audio/mp4")
WEBM = ("webm", "webm", "video/webm")
AUDIO_FORMATS = {
    "mp3": ("mp3", "mp3", "audio/mpeg"),
    "mp3float": ("mp3", "mp3", "audio/mpeg"),
    "opus": ("ogg", "ogg", "audio/ogg"),
    "vorbis": ("ogg", "ogg", "audio/ogg"),
    "flac": ("flac", "flac", "audio/flac"),
    "aac": M4A,
}
CONTAINER_OPTIONS = {
    "mp4": {"movflags": "+faststart"},
    "ipod": {"movflags": "+faststart"},
    "mp3": {"id3v2_version": "0", "write_id3v1": "0"},
}
FULL_PIXELS = 2_073_600  # 1920x1080
AUDIO_SAMPLE_RATE = 48_000
MIN_COMPLETENESS = 0.9  # the part of the declared duration that must be there
# SEI messages inside H.264 (ISO 14496-10 §7.4.1, type 6), where cameras write metadata.
SEI_FILTER = "filter_units=remove_types=6"


class MediaSource:
    """An opened file with its video and audio streams."""

    def __init__(self, path: str, limits: MediaLimits) -> None:
        with Path(path).open("rb") as file:
            media_type = sniff(file.read(64))
        if media_type not in DEMUXERS:
            raise UnacceptableFileError(
                "This file is not a video or audio file that can be used here. Please choose another format."
            )
        self.media_type, self.limits = media_type, limits
        self.container: Any = av.open(path, format=DEMUXERS[media_type], metadata_errors="ignore")
        streams = self.container.streams
        # The cover of a song is a video stream, too.
        cover = av.stream.Disposition.attached_pic
        videos = [stream for stream in streams.video if not stream.disposition & cover]
        self.video = videos[0] if videos else None
        self.audio = streams.audio[0] if streams.audio else None
        self.streams: list[Any] = [stream for stream in (self.video, self.audio) if stream is not None]
        self._check()

    def _check(self) -> None:
        if not self.streams:
            raise UnacceptableFileError("There is neither video nor audio in this file.")
        if self.declared_duration > self.limits.max_seconds:
            raise self.too_long_error()
        if self.video is None:
            return
        pixels = self.video.codec_context.width * self.video.codec_context.height
        if not 0 < pixels <= self.limits.max_pixels:
            raise FileLimitError(
                "This video is too large: %(count)s million pixels are allowed. Please make it smaller.",
                "This video is too large: %(count)s million pixels are allowed. Please make it smaller.",
                count=self.limits.max_pixels // 1_000_000,
            )
        if self.frame_rate > self.limits.max_frame_rate:
            raise FileLimitError(
                "This video has too many frames: %(count)s frame per second is allowed.",
                "This video has too many frames: %(count)s frames per second are allowed.",
                count=self.limits.max_frame_rate,
            )

    @property
    def declared_duration(self) -> float:
        """The duration in the header of the file, in seconds; 0 if there is none."""
        durations = [float(stream.duration * stream.time_base) for stream in self.streams if stream.duration]
        return max(durations) if durations else (self.container.duration or 0) / av.time_base

    @property
    def frame_rate(self) -> Fraction:
        """Frames per second."""
        assert self.video is not None
        return Fraction(self.video.average_rate or self.video.guessed_rate or 25).limit_denominator(1_001)

    def too_long_error(self) -> UnacceptableFileError:
        """Return the error for a file that is too long."""
        return FileLimitError(
            "This file is longer than %(count)s minute. Please shorten it.",
            "This file is longer than %(count)s minutes. Please shorten it.",
            count=self.limits.max_seconds // 60,
        )

    def packets(self) -> Iterator[Any]:
        """Yield the packets. Raises UnacceptableFileError if it is too long, or shorter than declared."""
        first: float | None = None
        last = 0.0
        for packet in self.container.demux(self.streams):
            if packet.is_corrupt:
                raise build_broken_error("file")
            if packet.pts is not None:
                starts_at = float(packet.pts * packet.time_base)
                first = starts_at if first is None else min(first, starts_at)
                last = max(last, starts_at + float((packet.duration or 0) * packet.time_base))
                if last - first > self.limits.max_seconds:
                    raise self.too_long_error()
            yield packet
        if first is None or last - first < self.declared_duration * MIN_COMPLETENESS:
            raise UnacceptableFileError(
                "The end of this file is missing: it is cut off. Please upload it again."
            )
        self.duration = last - first

    def close(self) -> None:
        """Close the file."""
        self.container.close()


@reject_on_error("file")
def probe(path: str, limits: MediaLimits) -> None:
    """Check that a file is acceptable, without reading all of it. Raises UnacceptableFileError."""
    source = MediaSource(path, limits)
    next(_decode_frames(source))
    source.close()


@reject_on_error("file")
def convert(path: str, folder: str, limits: MediaLimits) -> ConvertedMedia:
    """Convert a file into one in `folder`, ready to be stored. Raises UnacceptableFileError."""
    source = MediaSource(path, limits)
    copy_format = _find_copy_format(source)
    target, extension, content_type = copy_format or (MP4 if source.video else M4A)
    output = Path(folder) / f"converted.{extension}"
    with av.open(str(output), "w", format=target, options=_get_container_options(target)) as container:
        if copy_format:
            _copy_packets(source, container)
        else:
            _transcode(source, container)
    kind, rotation = "audio", 0
    small: EncodedImage | None = None
    blurhash = None
    if source.video is not None:
        kind = "video"
        frame = next(_decode_frames(MediaSource(str(output), limits)))
        rotation = frame.rotation
        small, blurhash = render_still(_to_upright_image(frame))
    context = source.video.codec_context if source.video else None
    size = _display_size(source, copy_format is None, rotation) if context else (None, None)
    return ConvertedMedia(
        kind=kind,
        path=str(output),
        content_type=content_type if source.video else content_type.replace("video/", "audio/"),
        extension=extension,
        bytes=output.stat().st_size,
        duration=round(source.duration, 3),
        width=size[0],
        height=size[1],
        frame_rate=f"{source.frame_rate.numerator}/{source.frame_rate.denominator}" if source.video else None,
        small=small,
        blurhash=blurhash,
    )


def _get_container_options(target: str) -> dict[str, str]:
    """Return the options of a container: no name of the program that wrote it, and the index first."""
    return {"fflags": "+bitexact", **CONTAINER_OPTIONS.get(target, {})}


def _find_copy_format(source: MediaSource) -> tuple[str, str, str] | None:
    """Return the format into which the packets can be copied, None if they must be transcoded."""
    audio_codec = source.audio.codec_context.name if source.audio else None
    if source.video is None:
        return AUDIO_FORMATS.get(audio_codec or "")
    video = source.video.codec_context
    # Not from Matroska, which lacks the decoding time of packets that MP4 requires.
    is_h264 = (
        video.name == "h264" and video.pix_fmt in ("yuv420p", "yuvj420p") and source.media_type == "video/mp4"
    )
    if is_h264 and audio_codec in (None, "aac"):
        return MP4
    webm_codecs = ("vp8", "vp9", "av1", "libdav1d", "libvpx", "libvpx-vp9")
    if video.name in webm_codecs and audio_codec in (None, "opus", "vorbis", "libopus"):
        return WEBM
    return None


def _copy_packets(source: MediaSource, container: Any) -> None:
    copies = {}
    for stream in source.streams:
        copy = container.add_stream_from_template(stream)
        copy.metadata.clear()
        copies[stream.index] = copy
    video = source.video
    is_h264 = video is not None and video.codec_context.name == "h264"
    sei_filter = BitStreamFilterContext(SEI_FILTER, video) if is_h264 else None
    for packet in source.packets():
        copy = copies[packet.stream.index]
        for stripped in _strip_sei(packet, sei_filter if packet.stream is video else None):
            stripped.stream = copy
            container.mux(stripped)


def _strip_sei(packet: Any, sei_filter: BitStreamFilterContext | None) -> Sequence[Any]:
    if not packet.size:
        return [] if sei_filter is None else sei_filter.filter(None)
    return [packet] if sei_filter is None else sei_filter.filter(packet)


def _decode_frames(source: MediaSource) -> Iterator[Any]:
    """Yield the frames of the video, or of the audio if there is no video."""
    stream = source.video or source.audio
    empty = True
    for frame in source.container.decode(stream):
        empty = False
        yield frame
    if empty:
        raise build_broken_error("file")


def _to_upright_image(frame: Any) -> Image.Image:
    image: Image.Image = frame.to_image()
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


def _display_size(source: MediaSource, transcoded: bool, rotation: int) -> tuple[int, int]:
    assert source.video is not None
    context = source.video.codec_context
    if transcoded:
        return _fit_size(context.width, context.height, _read_rotation(source))
    return (context.height, context.width) if rotation % 180 else (context.width, context.height)


def _read_rotation(source: MediaSource) -> int:
    """Return by how many degrees the frames are to be rotated, counterclockwise."""
    frame = next(_decode_frames(MediaSource(source.container.name, source.limits)))
    return int(frame.rotation)


def _fit_size(width: int, height: int, rotation: int) -> tuple[int, int]:
    """Return an even size, as H.264 needs it, of at most FULL_PIXELS."""
    if rotation % 180:
        width, height = height, width
    factor = min(1.0, (FULL_PIXELS / (width * height)) ** 0.5)
    return max(2, int(width * factor) // 2 * 2), max(2, int(height * factor) // 2 * 2)


def _transcode(source: MediaSource, container: Any) -> None:
    video = _VideoEncoder(source, container) if source.video else None
    audio = None
    if source.audio is not None:
        audio = container.add_stream("aac", rate=AUDIO_SAMPLE_RATE, bit_rate=128_000)
        audio.layout = "mono" if source.audio.codec_context.layout.nb_channels == 1 else "stereo"
    resampler = av.AudioResampler("fltp", audio.layout, AUDIO_SAMPLE_RATE) if audio else None
    for packet in source.packets():
        for frame in packet.decode():
            if packet.stream is source.video and video is not None:
                container.mux(video.encode(frame))
            elif audio is not None and resampler is not None:
                for resampled in resampler.resample(frame):
                    container.mux(audio.encode(resampled))
    if video is not None:
        container.mux(video.stream.encode(None))
    if audio is not None and resampler is not None:
        for resampled in resampler.resample(None):
            container.mux(audio.encode(resampled))
        container.mux(audio.encode(None))


class _VideoEncoder:
    """An encoder of frames: rotated as the camera was held, in an even size, in one colour format."""

    def __init__(self, source: MediaSource, container: Any) -> None:
        assert source.video is not None
        context = source.video.codec_context
        rotation = _read_rotation(source)
        width, height = _fit_size(context.width, context.height, rotation)
        self.stream = _add_h264_stream(container, source.frame_rate, (width, height))
        self.stream.codec_context.time_base = source.video.time_base
        graph = av.filter.Graph()
        steps = [graph.add_buffer(template=source.video)]
        for rotation_filter in _list_rotation_filters(rotation):
            steps.append(graph.add(*rotation_filter))
        steps += [graph.add("scale", f"{width}:{height}"), graph.add("format", "yuv420p")]
        steps.append(graph.add("buffersink"))
        graph.link_nodes(*steps).configure()
        self._graph = graph
        self._last_pts: int | None = None
        self._count = 0
        self._max_frames = source.limits.max_seconds * source.limits.max_frame_rate

    def encode(self, frame: Any) -> Any:
        """Return the packets for a frame. Raises UnacceptableFileError after too many frames."""
        self._count += 1
        if self._count > self._max_frames:
            raise UnacceptableFileError("This video has too many frames. Please shorten it.")
        self._graph.push(frame)
        filtered: Any = self._graph.pull()
        # The encoder requires ascending times; frames without are dropped.
        if filtered.pts is None or (self._last_pts is not None and filtered.pts <= self._last_pts):
            return []
        self._last_pts = filtered.pts
        filtered.pict_type = 0  # the encoder chooses its own key frames
        return self.stream.encode(filtered)


def _list_rotation_filters(degrees: int) -> list[tuple[str, ...]]:
    match degrees % 360:
        case 90:
            return [("transpose", "cclock")]
        case 180:
            return [("hflip",), ("vflip",)]
        case 270:
            return [("transpose", "clock")]
    return []


def _add_h264_stream(container: Any, rate: Fraction, size: tuple[int, int]) -> Any:
    stream = container.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": "23"})
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.codec_context.thread_count = 2
    return stream


def encode_silent_video(frames: Sequence[Image.Image], times: Sequence[int]) -> EncodedImage:
    """Return a video of images, each shown for a time (ms); transparent areas become white."""
    first = frames[0]
    size = _fit_size(first.width, first.height, 0)
    out = io.BytesIO()
    with av.open(out, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = _add_h264_stream(
            container, Fraction(1_000, max(1, sum(times) // len(times))).limit_denominator(100), size
        )
        stream.codec_context.time_base = Fraction(1, 1_000)
        pts = 0
        for image, time in zip(frames, times, strict=True):
            background = Image.new("RGBA", image.size, "white")
            background.alpha_composite(image.convert("RGBA"))
            frame = VIDEO_FRAME.from_image(background.convert("RGB").resize(size))
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.duration, frame.time_base = pts, time, Fraction(1, 1_000)
            pts += time
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return EncodedImage(out.getvalue(), "video/mp4", *size)
