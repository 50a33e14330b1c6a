"""What the notify service is told by its environment: nothing yet beyond what every service is."""

from silkway.messaging.settings import Settings


def read_settings() -> Settings:
    """Raises SystemExit with the name of what is missing."""
    return Settings.read("notify")
