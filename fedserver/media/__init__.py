"""Files that members upload and peers show: probing, cleaning, small forms, storing."""

from fedserver.media.errors import Unacceptable
from fedserver.media.pictures import (
    Images,
    Processed,
    process_attachment,
    process_banner,
    process_square,
)
from fedserver.media.recordings import Most, Recording, Recordings
from fedserver.media.store import FileStore

__all__ = [
    "FileStore",
    "Images",
    "Most",
    "Processed",
    "Recording",
    "Recordings",
    "Unacceptable",
    "process_attachment",
    "process_banner",
    "process_square",
]
