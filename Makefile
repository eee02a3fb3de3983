# Each target sets up what it needs: `make demo` and `make test` work on a fresh clone.
# A fresh machine needs Python 3.11 or later, make and git.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TOOLS := $(VENV)/.ready-dev
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo docs test check format bench fuzz reliability lock clean

help:
	@echo "make demo    an investing morning, in this terminal, without any account or key"
	@echo "make test    the whole test suite"
	@echo "make check   lint, formatting, types and the direction of imports"
	@echo "make bench   how long orders take and what the service weighs (five minutes)"
	@echo "make fuzz    N=20000 random updates against the chat; SEED=... repeats a search (minutes)"
	@echo "make reliability   live through every fault, and write docs/reliability.md (five minutes)"
	@echo "make docs    live through a first week in the chat, and write docs/chat.md with its pictures (a minute)"
	@echo "make .venv   the set-up alone"
	@echo "make lock    upgrade both locks, on purpose"

# The stamp, not the folder, says that the set-up ended well: an interrupted one starts over.
$(READY): requirements.lock pyproject.toml
	@echo "Setting up $(VENV) (a minute the first time)..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Allocator needs Python 3.11 or later; $(PYTHON) is older. Try: make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv --clear $(VENV)
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --no-index -e .
	@touch $@

# What only developers need: the tests, the checks, the documentation's site.
$(TOOLS): $(READY) requirements-dev.lock
	@echo "Adding the developers' tools..."
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

.PHONY: $(VENV)
$(VENV): $(TOOLS)

demo: $(READY)
	@$(BIN)/allocator demo

test: $(TOOLS)
	@$(BIN)/python -m pytest

check: $(TOOLS)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(TOOLS)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(TOOLS)
	@$(BIN)/python -m sandbox.first_week docs

bench: $(TOOLS)
	@$(BIN)/python -m bench

fuzz: $(TOOLS)
	@$(BIN)/python -m tests.fuzz $(or $(N),20000) $(if $(SEED),--seed $(SEED))

reliability: $(TOOLS)
	@$(BIN)/python -m tests.integration.reliability

# Needs uv. --universal: one lock for every platform and Python the project supports.
lock:
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --output-file requirements-dev.lock
	uv pip compile pyproject.toml --extra sandbox --extra setup --universal --python-version 3.11 \
		--constraint requirements-dev.lock \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --output-file requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache *.egg-info
