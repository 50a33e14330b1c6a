"""Progress bars of commands that publish and then wait for the services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from silkway.cli.console import ERR

if TYPE_CHECKING:
    import datetime as dt

    from silkway.cli.pace import Clocks


class FeedProgress(Progress):
    """One bar for the facts published, one for each service's way through the days. On stderr."""

    def __init__(self, facts: int, since: dt.datetime, until: dt.datetime) -> None:
        super().__init__(
            TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}"), TimeElapsedColumn(), console=ERR, transient=True,
        )  # fmt: skip
        self._since, self._days = since, max(1, (until - since).days)
        self._facts = self.add_task("published", total=facts, unit="facts")
        self._services: dict[str, TaskID] = {}

    def published(self, facts: int) -> None:
        """So many facts have been handed over."""
        self.update(self._facts, completed=facts)

    def reached(self, clocks: Clocks) -> None:
        """The services have come so far."""
        for name, own in clocks.items():
            if name not in self._services:
                self._services[name] = self.add_task(name, total=self._days, unit="days")
            if own is not None:
                self.update(self._services[name], completed=min(self._days, (own - self._since).days))
