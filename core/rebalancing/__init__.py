"""Rebalancing with sales: how far a sector may drift, what is sold and bought then, and what that means for taxes."""
