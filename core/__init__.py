"""What is true of money, allocations, markets and days: values in, values out."""
