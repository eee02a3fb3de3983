"""Measurements: programs, not tests. `make bench` prints `name value unit` lines, all from one run on one machine."""
