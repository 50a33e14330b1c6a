"""Runs one instance of the notify service."""

from functools import partial

from silkway.messaging.app import run
from silkway.messaging.database import connect
from silkway.messaging.http import Publisher
from silkway.messaging.personal import open_vault
from silkway.messaging.settings import Settings
from silkway.messaging.traces import Traces
from silkway.notify.api import API
from silkway.notify.channels.reports import Reports
from silkway.notify.channels.secrets import load
from silkway.notify.channels.sender import Sender
from silkway.notify.consumer import SERVICE
from silkway.notify.figures import FIGURES
from silkway.notify.settings import ChannelSettings, read_settings


def main() -> None:
    """Consume, relay, send and answer over HTTP until told to stop."""
    settings, channels = read_settings(), ChannelSettings.read()
    run(SERVICE, API, settings, {"sender": partial(_send, settings, channels)}, FIGURES)


async def _send(settings: Settings, channels: ChannelSettings, publisher: Publisher, traces: Traces) -> None:
    name = f"{settings.service}-{settings.instance}"
    connection = await connect(settings.database_url, name)
    try:
        secrets = await load(connection, channels.key)
    finally:
        await connection.close()
    vault = await open_vault(f"{name}-sender")
    reports = Reports(publisher, vault)
    await Sender(settings.database_url, name, reports, secrets, channels, vault, traces=traces).run()
