"""Certificates are told of before they end: whom a process believes, and what the servers show it."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

import pytest
from prometheus_client import REGISTRY

from silkway.messaging.files import watch_files
from tests.unit.observability.rules import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT: Final = ROOT / "deploy/compose/make_certificates.sh"
DAYS: Final = {"tls_authority": 3650, "tls_kafka": 825, "tls_postgres": 825}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")
def test_certificates_of_the_script_are_watched_until_their_end(tmp_path: Path) -> None:
    # Given the certificates that TLS inside is run with
    subprocess.run([SCRIPT], env={**os.environ, "SECRETS": str(tmp_path)}, check=True, capture_output=True)

    # When a process is told of them
    variables = {f"TEST_{name.upper()}_CERTIFICATE_FILE": str(tmp_path / name) for name in DAYS}
    watch_files(variables)

    # Then it tells how long they are good for
    left = {
        name: REGISTRY.get_sample_value("silkway_certificate_seconds_left", {"variable": variable})
        for name, variable in zip(DAYS, variables, strict=True)
    }
    assert {name: round((seconds or 0) / 86400) for name, seconds in left.items()} == DAYS


def test_a_file_that_holds_no_certificate_gives_no_number(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    watch_files({"TEST_EMPTY_CA_FILE": str(tmp_path / "empty")})
    left = REGISTRY.get_sample_value("silkway_certificate_seconds_left", {"variable": "TEST_EMPTY_CA_FILE"})
    assert left is not None
    assert math.isnan(left)
