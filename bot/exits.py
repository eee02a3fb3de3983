"""The exit codes, which are stable: scripts and the service's unit depend on them."""

OK = 0
"""Done."""

FAILED = 1
"""It could not be done; the reason was printed."""

MISCONFIGURED = 2
"""The settings, the database or the account are not usable as they are; the way out was printed. No restart helps."""
