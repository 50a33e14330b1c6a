"""How commands speak: tables and text for people, JSON for programs, one line on stderr when they fail.

Exit codes of all commands: 0 done, 1 done with findings or not finished, 2 wrong usage or nothing to talk to.
"""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

import typer
from rich.console import Console

OUT: Final = Console()
ERR: Final = Console(stderr=True)

FINDINGS: Final = 1
UNUSABLE: Final = 2


def fail(message: str, code: int = UNUSABLE) -> NoReturn:
    """Say why on stderr and end with `code`."""
    ERR.print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)


def print_json(data: Any) -> None:
    """Plain JSON on stdout; times and dates as ISO 8601."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))
