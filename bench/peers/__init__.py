"""The same stage built without the engine."""
