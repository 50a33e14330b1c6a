"""The rules of logistics, as pure functions: (state, event) -> state, events."""
