"""What is remembered, in one embedded SQLite file: runs, orders, what was said, and what was asked."""
