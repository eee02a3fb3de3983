"""How things look: tables for a narrow screen, times by the right clock, a run in words, books as files."""
