"""Where the parts of an installed service lie. Light: every command looks here first."""

from pathlib import Path

NAME = "allocator"
UNIT = Path("/etc/systemd/system/allocator.service")
PROGRAM = Path("/opt/allocator")
RELEASES = PROGRAM / "releases"
CURRENT = PROGRAM / "current"
PREVIOUS = PROGRAM / "previous"
"""The release that was in force before, which `allocator service rollback` goes back to."""
COMMAND = Path("/usr/local/bin/allocator")
CONFIGURATION = Path("/etc/allocator")
PLAIN = CONFIGURATION / "settings.toml"
ENCRYPTED = CONFIGURATION / "settings.cred"
KEYS = CONFIGURATION / "keys"
STATE = Path("/var/lib/allocator")
PRIVATE_STATE = Path("/var/lib/private/allocator")
"""Where systemd keeps the state of a user that exists only while the service runs; STATE is a link to it."""
