"""What is said: the wording of every alert and answer, in English, in one place."""
