"""`silkway status`."""


def status() -> None:
    """Not there yet."""
