"""Files that members upload and peers show: probing, cleaning, small forms, storing."""

from fedserver.media.pictures import Images
from fedserver.media.recordings import Most, Recordings
from fedserver.media.store import FileStore

__all__ = ["FileStore", "Images", "Most", "Recordings"]
