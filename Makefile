# Each target sets up what it needs: `make demo` and `make test` work on a fresh clone.
# A fresh machine needs Python 3.11 or later, make and git.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench reliability lock clean

help:
	@echo "make demo    an investing morning, in this terminal, without any account or key"
	@echo "make test    the whole test suite"
	@echo "make check   lint, formatting, types and the direction of imports"
	@echo "make bench   how long orders take and what the service weighs (five minutes)"
	@echo "make reliability   live through every fault, and write docs/reliability.md (five minutes)"
	@echo "make .venv   the set-up alone"
	@echo "make lock    upgrade requirements.lock, on purpose"

# The stamp, not the folder, says that the set-up ended well: an interrupted one starts over.
$(READY): requirements.lock pyproject.toml
	@echo "Setting up $(VENV) (a minute the first time)..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Allocator needs Python 3.11 or later; $(PYTHON) is older. Try: make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

.PHONY: $(VENV)
$(VENV): $(READY)

demo: $(READY)
	@$(BIN)/allocator demo

test: $(READY)
	@$(BIN)/python -m pytest

check: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY)
	@$(BIN)/python -m bench

reliability: $(READY)
	@$(BIN)/python -m tests.integration.reliability

# Needs uv. --universal: one lock for every platform and Python the project supports.
lock:
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --output-file requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache *.egg-info
