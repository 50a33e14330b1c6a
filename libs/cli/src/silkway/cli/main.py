"""The `silkway` command. Each command lives in its own module, loaded only when it is meant: starting is quick."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final

import typer

from silkway.cli.addresses import NotFound
from silkway.cli.console import ERR, UNUSABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

COMMANDS: Final = {
    # The system: start, stop, look, prepare.
    "up": "up:up",
    "down": "down:down",
    "status": "status:status",
    "topics": "topics:topics",
    "migrate": "migrate:migrate",
    "access": "access.command:access",
    # The data: publish, look.
    "clock": "clock:clock",
    "demo": "demo.command:demo",
    "load": "load:load",
    "publish": "publish:publish",
    "validate": "publish:validate",
    "rates": "rates:rates",
    "quote": "quote:quote",
    "carrier": "carrier.command:carrier",
    "report": "report:report",
    "order": "order:order",
    "shipments": "shipments:shipments",
    "watch": "watch:watch",
    "parked": "parked:parked",
    "offsets": "offsets:offsets",
    "audit": "audit:audit",
    "rebuild": "rebuild:rebuild",
    "restore": "restore:restore",
    "keys": "keys:keys",
    # The desk: what waits for people, and what they hear.
    "unmatched": "operations:unmatched",
    "payouts": "finance:payouts",
    "refunds": "finance:refunds",
    "limits": "limits:limits",
    "claims": "operations:claims",
    "disputes": "operations:disputes",
    "incidents": "operations:incidents",
    "erase": "erase:erase",
    "seal": "erase:seal",
    "subscriptions": "subscriptions:subscriptions",
    "deliveries": "subscriptions:deliveries",
}
"""Module and function (or Typer application) of each command, below silkway.cli."""


def application(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The command line with the commands `names`, all by default."""
    app = typer.Typer(name="silkway", no_args_is_help=True, pretty_exceptions_show_locals=False)
    app.callback()(_silkway)
    for name in names:
        module, _, attribute = COMMANDS[name].partition(":")
        command = getattr(import_module(f"silkway.cli.{module}"), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def main() -> None:
    """Entry point of the `silkway` script."""
    meant = sys.argv[1] if len(sys.argv) > 1 else ""
    app = application([meant] if meant in COMMANDS else COMMANDS)
    try:
        app()
    except NotFound as missing:
        ERR.print(str(missing), style="red", markup=False, soft_wrap=True)
        raise SystemExit(UNUSABLE) from None


def _silkway() -> None:
    """Orders, money, shipments and credit of cross-border trade, as events on a log."""
