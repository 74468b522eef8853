"""Why a file is not taken, in words for the person who sent it."""


class UnacceptableFileError(Exception):
    """The file is not what it claims, is broken, or is too large; `text` says so."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
