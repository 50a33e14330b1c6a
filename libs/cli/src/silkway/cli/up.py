"""`silkway up`."""


def up() -> None:
    """Not there yet."""
