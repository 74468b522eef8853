"""A clock that tests move by hand."""

START = 1_795_000_000_000  # 2026-11-18, milliseconds


class Clock:
    """Milliseconds UTC. Each look moves it by one, so that ids and times differ."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        self.now += 1
        return self.now

    def forward(self, *, seconds: float = 0, hours: float = 0, days: float = 0) -> None:
        self.now += int((seconds + hours * 3600 + days * 86400) * 1000)
