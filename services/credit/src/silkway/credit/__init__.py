"""The credit service: suppliers, limits, holds."""
