"""`silkway down`."""


def down() -> None:
    """Not there yet."""
