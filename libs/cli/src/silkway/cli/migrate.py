"""`silkway migrate`."""


def migrate() -> None:
    """Not there yet."""
