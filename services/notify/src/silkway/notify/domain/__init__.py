"""The rules of notify, as pure functions: how the view of an order changes, and who hears of what."""
