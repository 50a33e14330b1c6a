"""A backend installs the contracts alone: they need pydantic and nothing else."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2] / "libs" / "contracts"

PROGRAM = """
from datetime import UTC, datetime
from importlib.metadata import distributions
from silkway.contracts import Envelope, OrderConfirmed, read, write

event = OrderConfirmed(order_id="PO-1", party="BUYER", confirmed_at=datetime(2026, 3, 1, tzinfo=UTC))
envelope = Envelope.of(event, tenant="acme", source="/shops/eu", id="1", time=event.confirmed_at)
assert read(*write(envelope, event)) == (envelope, event)
print(*sorted(distribution.name.lower() for distribution in distributions()))
"""

PYDANTIC = {"pydantic", "pydantic-core", "annotated-types", "typing-extensions", "typing-inspection"}


def uv() -> str:
    """The uv beside this Python, or the machine's."""
    found = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")
    return found or pytest.skip("no uv on this machine")


def test_installs_and_works_alone(tmp_path: Path) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([uv(), "venv", "--quiet", "--python", sys.executable, tmp_path / "venv"], check=True)
    subprocess.run([uv(), "pip", "install", "--quiet", "--python", python, HOME], check=True)

    done = subprocess.run(
        [python, "-I", "-c", PROGRAM], check=True, capture_output=True, text=True, cwd=tmp_path
    )

    assert set(done.stdout.replace("_", "-").split()) - {"pip", "setuptools"} == {
        "silkway-contracts",
        *PYDANTIC,
    }
