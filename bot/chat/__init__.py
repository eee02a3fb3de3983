"""The chat itself: who is listened to, how words and taps reach a command, and how it asks before it acts."""
