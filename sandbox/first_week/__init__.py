"""`python -m sandbox.first_week FOLDER` lives through a first week in the chat, and writes it down with pictures."""
