"""The service, put on a machine that is a folder."""
