"""The control address: the world of the stand-ins, moved from another process."""
