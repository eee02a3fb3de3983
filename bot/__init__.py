"""The process: settings, chat, jobs, delivery, and the one place that wires them."""
