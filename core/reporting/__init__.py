"""What the reports and the pictures are made of: returns, variance, history, and how the account stands."""
