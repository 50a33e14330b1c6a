"""How fast the engine is, beside what one would build without it. Not part of any package."""
