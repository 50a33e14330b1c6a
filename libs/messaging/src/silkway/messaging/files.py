"""How old the secrets are that this process was given as files, and when the certificates end that it was shown."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from prometheus_client import Gauge

_age = Gauge("silkway_file_age_seconds", "How long ago a secret or certificate was written.", ["variable"])
_ends = Gauge("silkway_certificate_seconds_left", "Until the first certificate of a file ends.", ["variable"])


def watch_files(environment: Mapping[str, str] = os.environ) -> None:
    """Tell of every file that a variable …_FILE names; it is looked at when somebody scrapes.

    …_CA_FILE holds whom this process believes, …_CERTIFICATE_FILE what a server shows that it talks to: of both is
    told when they end.
    """
    for variable, name in environment.items():
        if not variable.endswith("_FILE") or not name or not Path(name).is_file():
            continue
        _age.labels(variable).set_function(partial(_age_s, Path(name)))
        if variable.endswith(("_CA_FILE", "_CERTIFICATE_FILE")):
            _ends.labels(variable).set_function(partial(_left_s, Path(name)))


def _age_s(file: Path) -> float:
    try:
        return time.time() - file.stat().st_mtime
    except OSError:
        return math.nan


def _left_s(file: Path) -> float:
    """Seconds until the first of these certificates ends; no number where the file holds none."""
    from cryptography.x509 import load_pem_x509_certificates  # for those who have certificates

    try:
        found = load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError):
        return math.nan
    return min(one.not_valid_after_utc.timestamp() for one in found) - time.time()
