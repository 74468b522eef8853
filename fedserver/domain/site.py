"""What the rules know of this node: its configuration and its addresses."""

from msgspec import Struct

from fedserver.config import Config
from fedserver.links import Links


class Site(Struct, frozen=True):
    """Made once by the node and handed to the verbs that need it."""

    config: Config
    links: Links
