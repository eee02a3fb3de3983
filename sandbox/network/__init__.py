"""Ports, links and addresses: how the stand-ins are reached, how slowly, and when not at all."""
