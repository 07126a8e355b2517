.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench clean

# The first Python that is new enough; another one can be named: make setup PYTHON=/path/to/python3
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$name"; break; }; done)
BIN := .venv/bin
STAMP := .venv/.installed-for
# -P keeps the folders cli, protocols and reports from being imported under those names.
RUN := $(BIN)/python -P -m
# Twice quiet: errors only.
PIP := $(RUN) pip -qq --no-input --disable-pip-version-check
# More options for pytest: make test ARGS="-k audiogram"
ARGS ?=

help: ## Show this list
	@echo "hearfit: make <target>"
	@sed -n 's/^\([a-z]*\):[^#]*## /  \1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-9s %s\n", $$1, $$2 }'

setup: $(STAMP) ## Install hearfit, and all that its tests need, into .venv

# An environment that was copied from another folder still imports hearfit from there, so it is installed again.
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

# Bytecode of every file takes longer to make than that of the files which are used.
# What a build leaves in hearfit.egg-info would hide the description of the installed package from the tests.
$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "hearfit needs Python 3.11 or newer, and there is none on the PATH." \
		"Install one, or name it: make setup PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
		"hearfit needs Python 3.11 or newer, but $(PYTHON) is not." >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments:" \
		"its module venv is not complete. On Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		"$(PYTHON)" -m venv --clear .venv
	@echo "Installing hearfit and what it needs into .venv. The first time this takes a few minutes."
	@$(PIP) install -c constraints.txt pip setuptools wheel
	@$(PIP) install -c constraints.txt --no-compile --no-build-isolation -e '.[dev]'
	@rm -rf hearfit.egg-info
	@echo "$(CURDIR)" > $(STAMP)
	@echo "Done: $$($(BIN)/python --version) in .venv. Try: make demo"

demo: setup ## Simulate a listener, fit the profile of the ear and write its report
	@$(BIN)/python -P $(BIN)/hearfit demo

# Each process takes up to 1 GB.
test: setup ## Run all tests
	@$(RUN) pytest --numprocesses=auto --maxprocesses=4 $(ARGS)

lint: setup ## Check style, types and the direction of imports
	@failed=; check() { echo "== $$1"; shift; "$$@" || failed=yes; }; \
	check "ruff check" $(RUN) ruff check .; \
	check "ruff format" $(RUN) ruff format --check .; \
	check "mypy" $(RUN) mypy; \
	check "lint-imports" $(BIN)/python -P $(BIN)/lint-imports --no-logo; \
	test -z "$$failed"

# Without the options of pyproject.toml: they skip benchmarks and check types while the program runs, which takes time.
bench: setup ## Measure how fast the costly steps are
	@$(RUN) pytest tests/benchmarks -o addopts=--import-mode=importlib --benchmark-only \
		--benchmark-columns=min,median,rounds $(ARGS)

clean: ## Remove caches and build products; .venv and results stay
	@rm -rf build dist hearfit.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks
	@find hearfit cli protocols reports tests .ci -name __pycache__ -type d -prune -exec rm -rf {} +
