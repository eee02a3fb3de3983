"""What the shell's commands do, and what they print."""
