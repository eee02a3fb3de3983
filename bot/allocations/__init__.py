"""Where an allocation comes from, and whether the broker can buy it."""
