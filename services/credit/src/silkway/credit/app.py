"""Runs one instance of the credit service."""

from silkway.credit.api import API
from silkway.credit.consumer import SERVICE
from silkway.credit.figures import FIGURES
from silkway.credit.settings import read_settings
from silkway.messaging.app import run


def main() -> None:
    """Consume, relay and answer over HTTP until told to stop."""
    run(SERVICE, API, read_settings(), figures=FIGURES)
