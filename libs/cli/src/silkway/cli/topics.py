"""`silkway topics`."""


def topics() -> None:
    """Not there yet."""
