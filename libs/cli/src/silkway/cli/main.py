"""The `silkway` command: one line a command; each command lives in its own module."""

import typer

from silkway.cli import down, migrate, status, topics, up

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


def main() -> None:
    """Entry point of the `silkway` script."""
    app()
