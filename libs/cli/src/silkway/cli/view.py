"""How a running system is shown: a live dashboard in a terminal, plain lines anywhere else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

    from rich.console import RenderableType

    from silkway.cli.observer import Observed
    from silkway.cli.system import Picture, Process

LIVES: Final = ("DRAFTED", "PLACED", "COMPLETED", "SETTLED", "CANCELLED")
_STYLES: Final = {"running": "green", "waiting": "red", "done": "dim"}


class PlainView:
    """Lines for logs, pipes and tests: a line for each change that matters, with the seconds since the start."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._steps: dict[str, int] = {}
        self._demo = -1

    def progress(self, what: str, done: int, total: int) -> None:
        """A line at the beginning, at every quarter, at the end of a step."""
        quarter = 4 * done // total
        if self._steps.get(what, -1) < quarter:
            self._steps[what] = quarter
            self.say(f"{what}: {done} of {total}")

    def say(self, news: str) -> None:
        """One line."""
        print(f"[{time.monotonic() - self._began:6.1f} s] {news}", flush=True)

    def show(self, picture: Picture) -> None:
        """The built-in trade at every quarter; everything else is said when it happens."""
        demo = picture.observed.demo
        quarter = 4 * demo.done // demo.total if demo.total else -1
        if quarter > self._demo:
            self._demo = quarter
            self.say(f"built-in trade ({demo.tenant}): {demo.done} of {demo.total} orders ended")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class LiveView:
    """The dashboard. Progress bars until the system is ready, tables from then on."""

    def __init__(self) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._steps = Progress(*columns)
        self._tasks: dict[str, TaskID] = {}
        self._picture: Picture | None = None
        self._live = Live(console=Console(), get_renderable=self._render, refresh_per_second=4)

    def progress(self, what: str, done: int, total: int) -> None:
        """Move the step's bar."""
        if what not in self._tasks:
            self._tasks[what] = self._steps.add_task(what)
        self._steps.update(self._tasks[what], completed=done, total=total)

    def say(self, news: str) -> None:
        """A line above the dashboard, where it stays."""
        self._live.console.print(f"[dim]{time.strftime('%H:%M:%S')}[/] {news}", highlight=False)

    def show(self, picture: Picture) -> None:
        """Remember it for the next refresh."""
        self._picture = picture

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def _render(self) -> RenderableType:
        picture = self._picture
        if picture is None:
            return self._steps
        if picture.ready_after_s is None:
            return Group(self._steps, processes_table(picture.processes))
        parts: list[RenderableType] = [processes_table(picture.processes), _apis(picture)]
        if picture.observed.demo.total:
            parts.append(_demo(picture))
        if picture.observed.states:
            parts.append(_states(picture.observed))
        if picture.observed.notices:
            parts.append(_notices(picture))
        return Group(*parts, Text("Ctrl-C stops everything; the data stays.", style="dim"))


def processes_table(processes: Sequence[Process]) -> Table:
    """State, restarts and readiness of each process."""
    table = Table("process", "state", "pid", "restarts", "ready", title="Silkway", title_justify="left")
    for process in processes:
        ready = {None: "", "": "[green]yes[/]"}.get(process.waits_for, f"[yellow]{process.waits_for}[/]")
        state = f"[{_STYLES[process.state.value]}]{process.state.value}[/]"
        restarts = f"[red]{process.restarts}[/]" if process.restarts else "0"
        table.add_row(process.name, state, str(process.pid or ""), restarts, ready)
    return table


def _apis(picture: Picture) -> Text:
    lines = [f"  {name:<10} {url}/docs" for name, url in picture.addresses.apis.items()]
    return Text("\n".join(["APIs", *lines, f"  {'Kafka':<10} {picture.addresses.kafka}"]))


def _demo(picture: Picture) -> Table:
    demo = picture.observed.demo
    words = "complete" if demo.finished else demo.text
    line = Table.grid(padding=(0, 1))
    line.add_row(
        f"Built-in trade ({demo.tenant})",
        ProgressBar(total=demo.total, completed=demo.done, width=30),
        f"{demo.done} of {demo.total}, {words}",
    )
    return line


def _states(observed: Observed) -> Table:
    table = Table("tenant", *LIVES, "besides", title="Orders", title_justify="left")
    for tenant, counts in observed.states.items():
        besides = str(observed.matters.get(tenant, ""))
        table.add_row(tenant, *(str(counts.get(life, 0)) for life in LIVES), besides)
    return table


def _notices(picture: Picture) -> Table:
    table = Table("known", "", "order", "notice", title="Latest notices", title_justify="left")
    for notice in picture.observed.notices:
        style = "yellow" if notice.severity == "WARNING" else ""
        known = notice.known_at[:16].replace("T", " ")
        table.add_row(known, notice.severity, notice.order_id, Text(notice.text, style=style))
    return table
