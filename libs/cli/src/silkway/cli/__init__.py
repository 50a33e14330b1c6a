"""The silkway command."""
