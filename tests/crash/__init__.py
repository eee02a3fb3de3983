"""Days on which the service is killed again and again, and what the broker, the phone and the ledger say afterwards."""
