"""The built-in trade: invented orders that show what the system does, the same for the same seed."""
