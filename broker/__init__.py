"""Alpaca, and nothing else knows it."""
