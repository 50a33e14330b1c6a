"""The `silkway` command: one line a command; each command lives in its own module."""

import typer

from silkway.cli import audit, clock, down, load, migrate, publish, report, status, topics, up
from silkway.cli.addresses import NotFound
from silkway.cli.console import ERR, UNUSABLE

app = typer.Typer(
    name="silkway",
    help="Orders, money, shipments and credit of cross-border trade, as events on a log.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)

# The system: start, stop, look, prepare.
app.command()(up.up)
app.command()(down.down)
app.command()(status.status)
app.command()(topics.topics)
app.command()(migrate.migrate)

# The data: publish, look.
app.command()(clock.clock)
app.add_typer(load.load, name="load")
app.command()(publish.publish)
app.command()(publish.validate)
app.command()(report.report)
app.command()(audit.audit)


def main() -> None:
    """Entry point of the `silkway` script."""
    try:
        app()
    except NotFound as missing:
        ERR.print(str(missing), style="red", markup=False, soft_wrap=True)
        raise SystemExit(UNUSABLE) from None
