"""Setting an installation up: `allocator init` asks, tries each answer at once, and writes the settings."""
