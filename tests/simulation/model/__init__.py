"""A model of what surrounds the engine: database, log, consumer groups, relay and clock, under one scheduler."""
