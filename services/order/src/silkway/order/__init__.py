"""The order service: the order, its money and its promises."""
