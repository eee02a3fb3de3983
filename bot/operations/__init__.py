"""Whoever looks after an installation: its log, its signs of life, backups, examinations, reconciliation."""
