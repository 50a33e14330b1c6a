"""Runs one instance of the logistics service."""

from silkway.logistics.api import API
from silkway.logistics.consumer import SERVICE
from silkway.logistics.settings import read_settings
from silkway.messaging.app import run


def main() -> None:
    """Consume, relay and answer over HTTP until told to stop."""
    run(SERVICE, API, read_settings())
