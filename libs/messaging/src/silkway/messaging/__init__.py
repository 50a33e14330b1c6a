"""The engine: batches of records in, decisions and events out, once and in order."""
