"""The logistics service: shipments, milestones, deliveries."""
