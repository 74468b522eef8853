"""Films and sound: checked by content, freed of what they tell about their maker, and playable everywhere.

Where browsers know how a film is coded, its packets are copied into a new container, so that titles, places,
chapters and tracks of measurements stay behind; otherwise it is coded anew as H.264 and AAC. It runs in a
process of its own with limits on memory and time, as it parses hostile input. The demuxer is chosen by
what the file is: playlists, which name other files, are never read.
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

from fedserver.media.errors import UnacceptableFileError
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
FULL_PIXELS = 2_073_600
AUDIO_SAMPLE_RATE = 48_000
MIN_COMPLETENESS = 0.9  # the part of the announced length that must be there
# Messages inside of H.264 (ISO 14496-10 §7.4.1, type 6), where cameras write what they like.
SEI_FILTER = "filter_units=remove_types=6"


class MediaSource:
    """An opened file: its film and its sound, whichever there are."""

    def __init__(self, path: str, most: MediaLimits) -> None:
        with Path(path).open("rb") as file:
            kind = sniff(file.read(64))
        if kind not in DEMUXERS:
            raise UnacceptableFileError("The file is not a film or sound that we know")
        self.kind, self.limits = kind, most
        self.container: Any = av.open(path, format=DEMUXERS[kind], metadata_errors="ignore")
        streams = self.container.streams
        attached = av.stream.Disposition.attached_pic
        films = [each for each in streams.video if not each.disposition & attached]
        self.video = films[0] if films else None
        self.audio = streams.audio[0] if streams.audio else None
        self.streams: list[Any] = [each for each in (self.video, self.audio) if each is not None]
        self._check()

    def _check(self) -> None:
        if not self.streams:
            raise UnacceptableFileError("There is neither a film nor sound in the file")
        if self.declared_duration > self.limits.max_seconds:
            raise self.too_long_error()
        if self.video is None:
            return
        pixels = self.video.codec_context.width * self.video.codec_context.height
        if not 0 < pixels <= self.limits.max_pixels:
            raise UnacceptableFileError(
                f"The film has more than {self.limits.max_pixels // 1_000_000} million pixels"
            )
        if self.frame_rate > self.limits.max_frame_rate:
            raise UnacceptableFileError(
                f"The film has more than {self.limits.max_frame_rate} pictures a second"
            )

    @property
    def declared_duration(self) -> float:
        """How long the file says it is, in seconds; 0 if it does not say."""
        told = [float(each.duration * each.time_base) for each in self.streams if each.duration]
        return max(told) if told else (self.container.duration or 0) / av.time_base

    @property
    def frame_rate(self) -> Fraction:
        """Pictures a second."""
        assert self.video is not None
        return Fraction(self.video.average_rate or self.video.guessed_rate or 25).limit_denominator(1_001)

    def too_long_error(self) -> UnacceptableFileError:
        return UnacceptableFileError(f"It is longer than {self.limits.max_seconds // 60} minutes")

    def packets(self) -> Iterator[Any]:
        """Its packets. Raises Unacceptable if it is longer than allowed, or shorter than announced."""
        first: float | None = None
        last = 0.0
        for packet in self.container.demux(self.streams):
            if packet.is_corrupt:
                raise UnacceptableFileError("The file is broken")
            if packet.pts is not None:
                begin = float(packet.pts * packet.time_base)
                first = begin if first is None else min(first, begin)
                last = max(last, begin + float((packet.duration or 0) * packet.time_base))
                if last - first > self.limits.max_seconds:
                    raise self.too_long_error()
            yield packet
        if first is None or last - first < self.declared_duration * MIN_COMPLETENESS:
            raise UnacceptableFileError("The file is cut off")
        self.length = last - first

    def close(self) -> None:
        self.container.close()


@reject_on_error("file")
def probe(path: str, limits: MediaLimits) -> None:
    """Look whether a file can be taken, without reading all of it. Raises Unacceptable."""
    source = MediaSource(path, limits)
    next(_decode_frames(source))
    source.close()


@reject_on_error("file")
def convert(path: str, folder: str, limits: MediaLimits) -> ConvertedMedia:
    """Make of a file what is kept. Raises Unacceptable."""
    source = MediaSource(path, limits)
    form = _find_copy_format(source)
    target, ending, content_type = form or (MP4 if source.video else M4A)
    made = Path(folder) / f"made.{ending}"
    with av.open(str(made), "w", format=target, options=_get_container_options(target)) as container:
        if form:
            _copy_packets(source, container)
        else:
            _transcode(source, container)
    kind, turned = "audio", 0
    small: EncodedImage | None = None
    blurhash = None
    if source.video is not None:
        kind = "video"
        frame = next(_decode_frames(MediaSource(str(made), limits)))
        turned = frame.rotation
        small, blurhash = render_still(_to_upright_image(frame))
    context = source.video.codec_context if source.video else None
    size = _display_size(source, form is None, turned) if context else (None, None)
    return ConvertedMedia(
        kind=kind,
        path=str(made),
        content_type=content_type if source.video else content_type.replace("video/", "audio/"),
        extension=ending,
        bytes=made.stat().st_size,
        duration=round(source.length, 3),
        width=size[0],
        height=size[1],
        frame_rate=f"{source.frame_rate.numerator}/{source.frame_rate.denominator}" if source.video else None,
        small=small,
        blurhash=blurhash,
    )


def _get_container_options(target: str) -> dict[str, str]:
    """What the container is told: nothing about the program that wrote it, and its index first."""
    return {"fflags": "+bitexact", **CONTAINER_OPTIONS.get(target, {})}


def _find_copy_format(source: MediaSource) -> tuple[str, str, str] | None:
    """The container into which the packets can be copied as they are, None if they must be coded anew."""
    sound = source.audio.codec_context.name if source.audio else None
    if source.video is None:
        return AUDIO_FORMATS.get(sound or "")
    film = source.video.codec_context
    # Matroska does not tell when a packet is to be decoded, which the other container must say.
    plain = film.name == "h264" and film.pix_fmt in ("yuv420p", "yuvj420p") and source.kind == "video/mp4"
    if plain and sound in (None, "aac"):
        return MP4
    names = ("vp8", "vp9", "av1", "libdav1d", "libvpx", "libvpx-vp9")
    if film.name in names and sound in (None, "opus", "vorbis", "libopus"):
        return WEBM
    return None


def _copy_packets(source: MediaSource, container: Any) -> None:
    copies = {}
    for stream in source.streams:
        copy = container.add_stream_from_template(stream)
        copy.metadata.clear()
        copies[stream.index] = copy
    film = source.video
    silenced = film is not None and film.codec_context.name == "h264"
    unsaid = BitStreamFilterContext(SEI_FILTER, film) if silenced else None
    for packet in source.packets():
        copy = copies[packet.stream.index]
        for each in _strip_sei(packet, unsaid if packet.stream is film else None):
            each.stream = copy
            container.mux(each)


def _strip_sei(packet: Any, unsaid: BitStreamFilterContext | None) -> Sequence[Any]:
    if not packet.size:
        return [] if unsaid is None else unsaid.filter(None)
    return [packet] if unsaid is None else unsaid.filter(packet)


def _decode_frames(source: MediaSource) -> Iterator[Any]:
    """The frames of the film, or of the sound where there is no film."""
    stream = source.video or source.audio
    empty = True
    for frame in source.container.decode(stream):
        empty = False
        yield frame
    if empty:
        raise UnacceptableFileError("The file is broken")


def _to_upright_image(frame: Any) -> Image.Image:
    image: Image.Image = frame.to_image()
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


def _display_size(source: MediaSource, coded: bool, turned: int) -> tuple[int, int]:
    assert source.video is not None
    context = source.video.codec_context
    if coded:
        return _fit_size(context.width, context.height, _read_rotation(source))
    return (context.height, context.width) if turned % 180 else (context.width, context.height)


def _read_rotation(source: MediaSource) -> int:
    """By how many degrees the frames are to be turned, counterclockwise."""
    frame = next(_decode_frames(MediaSource(source.container.name, source.limits)))
    return int(frame.rotation)


def _fit_size(width: int, height: int, turned: int) -> tuple[int, int]:
    """An even size of at most FULL_PIXELS."""
    if turned % 180:
        width, height = height, width
    factor = min(1.0, (FULL_PIXELS / (width * height)) ** 0.5)
    return max(2, int(width * factor) // 2 * 2), max(2, int(height * factor) // 2 * 2)


def _transcode(source: MediaSource, container: Any) -> None:
    film = _VideoEncoder(source, container) if source.video else None
    sound = None
    if source.audio is not None:
        sound = container.add_stream("aac", rate=AUDIO_SAMPLE_RATE, bit_rate=128_000)
        sound.layout = "mono" if source.audio.codec_context.layout.nb_channels == 1 else "stereo"
    resampler = av.AudioResampler("fltp", sound.layout, AUDIO_SAMPLE_RATE) if sound else None
    for packet in source.packets():
        for frame in packet.decode():
            if packet.stream is source.video and film is not None:
                container.mux(film.encode(frame))
            elif sound is not None and resampler is not None:
                for each in resampler.resample(frame):
                    container.mux(sound.encode(each))
    if film is not None:
        container.mux(film.stream.encode(None))
    if sound is not None and resampler is not None:
        for each in resampler.resample(None):
            container.mux(sound.encode(each))
        container.mux(sound.encode(None))


class _VideoEncoder:
    """Codes frames anew: turned as they were held, in an even size, in one colour format."""

    def __init__(self, source: MediaSource, container: Any) -> None:
        assert source.video is not None
        context = source.video.codec_context
        turned = _read_rotation(source)
        width, height = _fit_size(context.width, context.height, turned)
        self.stream = _add_h264_stream(container, source.frame_rate, (width, height))
        self.stream.codec_context.time_base = source.video.time_base
        graph = av.filter.Graph()
        steps = [graph.add_buffer(template=source.video)]
        for name in _list_rotation_filters(turned):
            steps.append(graph.add(*name))
        steps += [graph.add("scale", f"{width}:{height}"), graph.add("format", "yuv420p")]
        steps.append(graph.add("buffersink"))
        graph.link_nodes(*steps).configure()
        self._graph = graph
        self._last: int | None = None
        self._count = 0
        self._max_frames = source.limits.max_seconds * source.limits.max_frame_rate

    def encode(self, frame: Any) -> Any:
        self._count += 1
        if self._count > self._max_frames:
            raise UnacceptableFileError("The film has too many pictures")
        self._graph.push(frame)
        shown: Any = self._graph.pull()
        if shown.pts is None or (self._last is not None and shown.pts <= self._last):
            return []
        self._last = shown.pts
        shown.pict_type = 0
        return self.stream.encode(shown)


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
    """A film of pictures, each shown for a time (ms); what is transparent becomes white."""
    first = frames[0]
    size = _fit_size(first.width, first.height, 0)
    out = io.BytesIO()
    with av.open(out, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = _add_h264_stream(
            container, Fraction(1_000, max(1, sum(times) // len(times))).limit_denominator(100), size
        )
        stream.codec_context.time_base = Fraction(1, 1_000)
        moment = 0
        for each, time in zip(frames, times, strict=True):
            ground = Image.new("RGBA", each.size, "white")
            ground.alpha_composite(each.convert("RGBA"))
            frame = VIDEO_FRAME.from_image(ground.convert("RGB").resize(size))
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.duration, frame.time_base = moment, time, Fraction(1, 1_000)
            moment += time
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return EncodedImage(out.getvalue(), "video/mp4", *size)
