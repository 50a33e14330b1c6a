"""What the logs say, and what they must not."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

FAILING: Final = """
import logging, structlog
from silkway.messaging.logs import configure_logs

def connect(password):
    raise ValueError("refused")

configure_logs("order", "1")
for log in (structlog.get_logger(), logging.getLogger("a library")):
    try:
        connect("hunter" + "2")
    except ValueError:
        log.error("cannot connect", exc_info=True)
"""


def test_an_error_is_told_with_its_way_and_without_what_the_variables_held() -> None:
    # When something fails that has a password in its hand
    said = subprocess.run([sys.executable, "-c", FAILING], capture_output=True, text=True, check=True).stdout

    # Then the log says what and where, and nothing of the password
    told = [json.loads(line) for line in said.splitlines()]
    assert [line["exception"][0]["exc_value"] for line in told] == ["refused", "refused"]
    assert [line["exception"][0]["frames"][-1]["name"] for line in told] == ["connect", "connect"]
    assert "hunter2" not in said
