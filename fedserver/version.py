"""Which version this is."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("fedserver")
except PackageNotFoundError:
    VERSION = "0.1.0"
