"""What can go wrong on the way to a stand-in, and how it is made to happen."""
