.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash

# The first Python that is new enough, answers and can make environments; a shim that only claims a name does not answer.
# The distribution's own comes first: it is built with optimisation, one that pyenv built takes a quarter longer for everything.
new_enough := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for wanted in 'import ensurepip, venv; $(new_enough)' '$(new_enough)'; do \
	for name in python3.11 python3.12 python3.13 python3; do for path in /usr/bin/$$name $$name; do \
	"$$path" -c "$$wanted" 2>/dev/null && { command -v "$$path"; exit; }; done; done; done)
# What is imported is compiled once: without that every process would begin with ten seconds of compiling.
unexport PYTHONDONTWRITEBYTECODE
VENV := .venv
BIN := $(VENV)/bin
# What is never imported need not be compiled, and what is imported compiles itself the first time.
PIP := $(BIN)/python -m pip install --quiet --prefer-binary --no-compile --disable-pip-version-check
UV := uv==0.13.9

# uv installs in a fifth of the time; where only pip knows the way to the packages (its own mirror, no network), pip does it.
define install
@{ $(PIP) --retries 1 $(UV) && $(BIN)/uv pip install --quiet --python $(BIN)/python -r $(1); } 2>/dev/null || $(PIP) -r $(1)
endef

# One stamp per list of requirements: a change of a list installs it again, nothing else does.
fingerprint = $(shell cat $(1) | sha256sum | cut -c1-12)
RUNTIME := $(VENV)/.runtime-$(call fingerprint,requirements.txt)
DEVELOPMENT := $(VENV)/.development-$(call fingerprint,requirements.txt requirements-dev.txt)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: $(RUNTIME) ## Start Outlay with its servers and the demo company; Ctrl-C stops it
	@exec $(BIN)/python -m app.embedded

# A browser wants a quiet machine: its tests have a target of their own.
PARALLEL := -n 2 --dist worksteal tests --ignore tests/browser
# The contract tests walk every resource, command and role: a quarter of an hour that grows with each slice, so they run by themselves.
QUICK := $(PARALLEL) --ignore tests/contract -m "not slow"

.PHONY: test
test: $(DEVELOPMENT) ## Run all tests but the contract tests, the slow ones and the browser's
	@$(BIN)/python -m pytest $(QUICK)

.PHONY: test-contract
test-contract: $(DEVELOPMENT) ## Run the contract tests over every resource and command
	@$(BIN)/python -m pytest -n 2 --dist worksteal tests/contract -m "not slow"

.PHONY: test-slow
test-slow: $(DEVELOPMENT) ## Run the slow tests: every command at every door for every role, and much more data
	@$(BIN)/python -m pytest $(PARALLEL) -m slow

.PHONY: test-browser
test-browser: $(DEVELOPMENT) ## Run the browser tests (needs chromium)
	@$(BIN)/python -m pytest tests/browser

.PHONY: test-pg15
test-pg15: $(DEVELOPMENT) ## Run what `make test` runs on Debian's PostgreSQL 15
	@test -x /usr/lib/postgresql/15/bin/postgres || { echo "PostgreSQL 15 is missing. Install it: apt install postgresql-15"; exit 1; }
	@OUTLAY_TEST_PG_BIN=/usr/lib/postgresql/15/bin $(BIN)/python -m pytest $(QUICK)

.PHONY: check
check: $(DEVELOPMENT) ## Run the fast checks: style, import walls, types, unit tests
	@$(MAKE) -j 2 -k --output-sync=target types style walls unit

.PHONY: style walls types unit
style:
	@$(BIN)/ruff check . && $(BIN)/ruff format --check --quiet .
walls:
	@$(BIN)/lint-imports
types:
	@$(BIN)/mypy
unit:
	@$(BIN)/python -m pytest -p no:schemathesis --hypothesis-profile brief tests/unit tests/architecture

.PHONY: migration
migration: $(DEVELOPMENT) ## Draft a migration for changed models: make migration name="vehicles"
	@$(BIN)/python migrations/draft.py "$(name)"

.PHONY: clean
clean: ## Remove the virtual environment and caches; the data in var/ stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing. Install it: apt install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c '$(new_enough)' || { echo "$(PYTHON) is no Python 3.11 or newer. Name one: PYTHON=/path/to/python3.11 make run"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make virtual environments. Debian keeps that in a package of its own: apt install python3-venv"; exit 1; }
	@echo "Making the virtual environment in $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.txt | $(BIN)/pip
	@echo "Installing what Outlay runs on (less than a minute the first time)"
	$(call install,requirements.txt)
	@rm -f $(VENV)/.runtime-* && touch $@

$(DEVELOPMENT): requirements.txt requirements-dev.txt | $(BIN)/pip
	@echo "Installing what Outlay and its tests run on (about a minute the first time)"
	$(call install,requirements-dev.txt)
	@rm -f $(VENV)/.development-* $(VENV)/.runtime-* && touch $@ $(RUNTIME)
