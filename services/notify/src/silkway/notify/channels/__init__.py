"""How notices and events leave the house: subscriptions, deliveries, and the sender of e-mails and webhooks."""
