# Each target sets up what it needs: `make demo` and `make test` work on a fresh clone.
# A fresh machine needs Python 3.11 or later, make and git.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TOOLS := $(VENV)/.ready-dev
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# What is compiled once is not compiled again by every process that starts, whatever the caller's own taste.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help mutants demo docs docs-site test check format bench fuzz crash reliability audit lock lock-check clean

help:
	@echo "make demo    an investing morning, in this terminal, without any account or key"
	@echo "make test    the whole test suite"
	@echo "make check   lint, formatting, types and the direction of imports"
	@echo "make bench   how long orders take and what the service weighs (seven minutes)"
	@echo "make fuzz    N=20000 random updates against the chat; SEED=... repeats a search (minutes)"
	@echo "make crash   N=50 kills of the service at random instants; SEED=... draws the same again (two minutes)"
	@echo "make mutants change core's code on purpose, and see that a test notices (ten minutes)"
	@echo "make reliability   live through every fault, and write docs/reliability.md (five minutes)"
	@echo "make docs    live through a first week in the chat, and write docs/chat.md with its pictures (a minute)"
	@echo "make docs-site   write the pages made of the product, and build the documentation into site/"
	@echo "make .venv   the set-up alone"
	@echo "make audit   known vulnerabilities in what is locked (network)"
	@echo "make lock    upgrade both locks, on purpose; KEEP=1 adds what pyproject.toml lacks there, no more (network)"
	@echo "make lock-check   compile both locks again, and compare (network)"

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

docs-site: $(TOOLS)
	@$(BIN)/python -m tests.docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "The documentation is in site/: open site/index.html"

bench: $(TOOLS)
	@$(BIN)/python -m bench

fuzz: $(TOOLS)
	@$(BIN)/python -m tests.fuzz $(or $(N),20000) $(if $(SEED),--seed $(SEED))

crash: $(TOOLS)
	@$(BIN)/python -m tests.crash $(or $(N),50) $(if $(SEED),--seed $(SEED))

mutants: $(TOOLS)
	@PATH=$(CURDIR)/$(BIN):$$PATH nice $(BIN)/mutmut run --max-children 2
	@$(BIN)/mutmut results

reliability: $(TOOLS)
	@$(BIN)/python -m tests.integration.reliability

# --universal: one lock for every platform and Python the project supports. No address of a registry goes into a lock.
COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --quiet --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header
EVERYTHING := --all-extras
SERVICE := --extra sandbox --extra setup

lock: $(TOOLS)
	@$(COMPILE) $(EVERYTHING) $(if $(KEEP),,--upgrade) --output-file requirements-dev.lock
	@$(COMPILE) $(SERVICE) --constraint requirements-dev.lock --output-file requirements.lock

# Compiled again from pyproject.toml, both locks must come out as they are.
lock-check: $(TOOLS)
	@rm -rf .lock-check && mkdir .lock-check && cp requirements.lock requirements-dev.lock .lock-check
	@$(COMPILE) $(EVERYTHING) --output-file .lock-check/requirements-dev.lock
	@$(COMPILE) $(SERVICE) --constraint .lock-check/requirements-dev.lock --output-file .lock-check/requirements.lock
	@diff requirements-dev.lock .lock-check/requirements-dev.lock
	@diff requirements.lock .lock-check/requirements.lock
	@rm -r .lock-check
	@echo "Both locks are what pyproject.toml makes."

# What is known of vulnerable releases is kept at the registry, not on this machine.
audit: $(TOOLS)
	@$(BIN)/python -m tests.audit

clean:
	rm -rf $(VENV) site .lock-check .mypy_cache .pytest_cache .ruff_cache .import_linter_cache *.egg-info
