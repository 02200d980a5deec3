# Tenantry: what a developer does, one word each. `make help` lists them.

PYTHON ?= python3
BIN := .venv/bin
SUBDOMAIN ?=
NAME ?=
TESTS ?= tests
PYTEST_WORKERS ?= 2
BENCH ?=

.DEFAULT_GOAL := help
.PHONY: help setup run test soak bench format check check-format lint types sizes imports contracts fresh secrets \
	check-samples protos docs migration locks clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Make .venv hold what the lock files say (done by every target that needs it)
	@command -v $(PYTHON) >/dev/null || { echo "Tenantry needs Python 3.11 or newer, and $(PYTHON) is not on the PATH." >&2; exit 2; }
	@$(PYTHON) tooling/setup_environment.py

run: setup ## Start everything on this machine: database, servers, worker and gateway (Ctrl-C drains)
	@exec $(BIN)/tenantry up

test: setup ## Run every test against real PostgreSQL and real Envoy
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadfile -p no:schemathesis $(TESTS)

soak: setup ## Run the long campaigns at full size: kill, leak, fuzz
	TENANTRY_TEST_CAMPAIGN=full $(BIN)/python -m pytest -m campaign tests

bench: setup ## Measure against the twins and print one line a goal
	$(BIN)/python -m benchmarks $(BENCH)

format: setup ## Format Python and protos in place
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix --select I .
	$(BIN)/buf format --write protos --path protos/tenantry

check: ## Everything CI runs, one after the other
	@$(MAKE) --no-print-directory setup
	@set -e; for step in check-format lint types imports sizes contracts fresh secrets test; do \
		printf '\n== %s ==\n' "$$step"; $(MAKE) --no-print-directory $$step; done
	@printf '\nEverything holds.\n'

check-format: setup ## Is everything formatted?
	$(BIN)/ruff format --check .

lint: setup ## Rules of style and likely mistakes
	$(BIN)/ruff check .

types: setup ## mypy --strict
	$(BIN)/mypy

imports: setup ## The import contracts: who may know whom
	$(BIN)/lint-imports --cache-dir .import_linter_cache

sizes: setup ## Files and functions stay small
	$(BIN)/python -m tooling.sizes

contracts: setup ## Protos: buf lint, format and no breaking change
	$(BIN)/buf lint protos
	$(BIN)/buf format --diff --exit-code protos --path protos/tenantry
	$(BIN)/python -m tooling.breaking

fresh: setup ## generated/ and the generated pages say what their sources say
	$(BIN)/python -m tooling.fresh

secrets: setup ## No secret in what git holds
	$(BIN)/python -m tooling.secrets_scan

check-samples: setup ## Delete Cars and Bookings in a scratch copy and run everything that is left
	$(BIN)/python -m tooling.check_samples

protos: setup ## Make generated/ and the pages that follow from the contracts
	$(BIN)/python -m tooling.contracts.generate

docs: setup ## Make the pages that follow from the code (settings, events)
	$(BIN)/python -m tooling.settings_page
	$(BIN)/python -m tooling.events_page

migration: setup ## Start a migration: make migration SUBDOMAIN=cars NAME=add_colour_to_car
	@$(BIN)/python -m tooling.migration "$(SUBDOMAIN)" "$(NAME)"

locks: setup ## Choose versions anew within pyproject.toml and write locks/
	$(BIN)/python -m tooling.locks

clean: ## Remove what the tools left behind (keeps .venv and .tenantry)
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .schemathesis build dist *.egg-info
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
