"""A plugin of pytest that ends a run with the coverage figure: `PYTEST_PLUGINS=tests.kit.coverage pytest`.

slipcover removes its counters once a line has run, so it costs about a twentieth of the suite's time. Only
the processes of the tests are measured: lines that run in nodes and commands started as programs of their own
count as missed. The plugin is named in the environment because workers of pytest-xdist read `-p` only after
conftest.py, whose imports have to be measured, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from slipcover import FileMatcher, ImportManager, Slipcover

PACKAGES = ["activitypub", "addresses", "fedserver", "storage"]
LINES = "executed_lines", "missing_lines"


class Coverage:
    """The lines that ran and that did not, added up over the processes of a run."""

    def __init__(self) -> None:
        self.executed: dict[str, set[int]] = {}
        self.known: dict[str, set[int]] = {}

    def add(self, files: Mapping[str, Mapping[str, list[int]]]) -> None:
        """Add what one process measured: for each path the executed and the missing lines."""
        for path, lines in files.items():
            self.executed.setdefault(path, set()).update(lines["executed_lines"])
            self.known.setdefault(path, set()).update(*(lines[kind] for kind in LINES))

    def describe(self) -> str:
        """Return the figure in one line, for everything and for each package."""
        total = sum(map(len, self.known.values()))
        packages = ", ".join(f"{name} {self.compute_percent(f'{name}/'):.1f} %" for name in PACKAGES)
        return f"coverage: {self.compute_percent(''):.1f} % of {total:,} lines ({packages})"

    def compute_percent(self, prefix: str) -> float:
        """Return how many of the lines below a path ran, in percent; 0 if there are none."""
        known = sum(len(lines) for path, lines in self.known.items() if path.startswith(prefix))
        executed = sum(len(lines) for path, lines in self.executed.items() if path.startswith(prefix))
        return 100 * executed / known if known else 0.0


MEASURE = Slipcover(source=PACKAGES)
# Installed on import, before pytest reads conftest.py.
IMPORTS = ImportManager(MEASURE, FileMatcher(sources=PACKAGES))
IMPORTS.__enter__()
COVERAGE = Coverage()


def read_lines() -> dict[str, dict[str, list[int]]]:
    """Return the lines that this process measured, as plain lists that a worker can send."""
    files = MEASURE.get_coverage()["files"]
    return {path: {kind: list(lines[kind]) for kind in LINES} for path, lines in files.items()}


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what was measured: to the controller from a worker, else to the summary."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is None:
        COVERAGE.add(read_lines())
    else:
        output["coverage"] = read_lines()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what a worker measured; one that crashed has measured nothing."""
    COVERAGE.add(getattr(node, "workeroutput", {}).get("coverage", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figure above the closing line."""
    terminalreporter.write_line(COVERAGE.describe())
