"""Runs one instance of the order service."""

from silkway.messaging.app import run
from silkway.order.api import API
from silkway.order.consumer import SERVICE
from silkway.order.figures import FIGURES
from silkway.order.settings import read_settings


def main() -> None:
    """Consume, relay and answer over HTTP until told to stop."""
    run(SERVICE, API, read_settings(), figures=FIGURES)
