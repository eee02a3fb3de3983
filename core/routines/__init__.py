"""What Allocator does on a trading day, over the ports alone."""
