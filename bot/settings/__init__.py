"""What the owner configures: found, read, and checked as a whole before anything else happens."""
