"""Runs one instance of the notify service."""

from silkway.messaging.app import run
from silkway.notify.api import API
from silkway.notify.consumer import SERVICE
from silkway.notify.settings import read_settings


def main() -> None:
    """Consume, relay and answer over HTTP until told to stop."""
    run(SERVICE, API, read_settings())
