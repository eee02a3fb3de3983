"""Whether the ledger and the broker agree, and what to make of it where they do not yet."""
