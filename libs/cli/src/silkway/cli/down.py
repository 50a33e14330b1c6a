"""`silkway down`: stop what `silkway up` runs."""

from __future__ import annotations

import psutil

from silkway.cli import addresses
from silkway.cli.console import fail
from silkway.embedded import Home

_TIMEOUT_S = 60.0


def down() -> None:
    """Stop the system of SILKWAY_HOME cleanly and return when it is gone; the data stays."""
    holder = Home(addresses.home()).holder()
    if holder is None:
        print("nothing runs")
        return
    try:
        process = psutil.Process(holder)
        process.terminate()
        process.wait(_TIMEOUT_S)
    except psutil.NoSuchProcess:
        pass  # it went by itself
    except psutil.TimeoutExpired:
        fail(f"process {holder} has not stopped after {_TIMEOUT_S:.0f} s", code=1)
    print("stopped; the data stays")
