"""Installing the program as a service of systemd: what is to be done is a list of steps, shown first or done."""
