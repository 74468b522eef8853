"""The type of a file by its first bytes, whatever the sender declares."""

from __future__ import annotations

MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
)
# Major brands of the ISO base media format (ISO 14496-12) that are images; others are video or audio.
IMAGE_BRANDS = {
    b"avif": "image/avif", b"avis": "image/avif",
    b"heic": "image/heic", b"heix": "image/heic", b"heim": "image/heic", b"heis": "image/heic",
    b"hevc": "image/heic", b"hevx": "image/heic", b"mif1": "image/heic", b"msf1": "image/heic",
}  # fmt: skip
BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}


def sniff(data: bytes) -> str:
    """Return the media type of a file that may be acceptable, '' for any other."""
    for start, media_type in MAGIC:
        if data.startswith(start):
            return media_type
    if data[:4] == b"RIFF":
        return RIFF.get(data[8:12], "")
    if data[4:8] == b"ftyp":
        return IMAGE_BRANDS.get(data[8:12], "video/mp4")
    if data[4:8] in BOXES:
        return "video/mp4"
    return _sniff_mpeg_audio(data)


def _sniff_mpeg_audio(data: bytes) -> str:
    """Return the type of bare frames of MPEG audio: eleven bits set, then version and layer (ISO 11172-3)."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return ""
    version, layer = data[1] >> 3 & 3, data[1] >> 1 & 3
    if data[1] & 0xF6 == 0xF0:
        return "audio/aac"
    valid = version != 1 and layer != 0 and data[2] >> 4 != 15 and data[2] >> 2 & 3 != 3
    return "audio/mpeg" if valid else ""
