"""The notify service: the order seen whole, and notices."""
