"""The error for files that are not accepted."""


class UnacceptableFileError(Exception):
    """The file is not what it claims, is broken, or is too large; `text` tells the member which."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
