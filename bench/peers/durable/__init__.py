"""The whole life of an order on engines for durable workflows. They run in an environment of their own."""
