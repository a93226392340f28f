# Contact Desk. `make run` and `make test` work from nothing but Python 3.11 and make.
PYTHON ?= python3
PORT ?= 8000
SANDBOX_PORT ?= 8001
BIN := .venv/bin
# A worker for each core and a spare one, each with a sandbox, databases and ports of its own; WORKERS= runs all in one process.
WORKERS ?= -n logical --no-loadscope-reorder
.DEFAULT_GOAL := help
export PORT SANDBOX_PORT
# Each of the many processes started here would compile the project anew.
unexport PYTHONDONTWRITEBYTECODE

# What stands after `make` is in the process list, which everyone on this machine can read.
SECRETS := DEMO_PASSWORD SECRET_KEY SECRET_KEY_FALLBACKS SENT_API_KEY AUDIT_KEY AUDIT_KEY_FALLBACKS DATA_KEY OIDC_CLIENT_SECRET \
	METRICS_TOKEN DATABASE_URL CACHE_URL EMAIL_URL
$(foreach name,$(SECRETS),$(if $(findstring command line,$(origin $(name))),$(error everyone on this machine can read \
	$(name) in the process list. Use $(name)=… make run)))

.PHONY: help install run dev test test-fast test-all test-pythons coverage lint format lock clean audit sbom isolation mutants screenshots

help:  ## What there is
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

.venv/.runs: requirements.txt
	@echo "Installing what Contact Desk runs on into .venv (half a minute)."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Contact Desk needs Python 3.11 or newer; set PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.tests: .venv/.runs requirements-dev.txt
	@echo "Installing what the tests need into .venv (half a minute)."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

install: .venv/.runs  ## What the desk runs on, into .venv

run: .venv/.runs  ## The desk at http://localhost:8000 (PORT, HOST, SANDBOX_PORT)
	@exec $(BIN)/python -m tools.run

dev: .venv/.runs  ## The same, reloading on changes, errors in full
	@exec $(BIN)/python -m tools.run --dev

test: .venv/.tests  ## What every change must pass, in five minutes (ARGS for pytest)
	@echo "Running the tests that every change must pass, browser tests included: about five minutes on two cores."
	@$(BIN)/python -m tools.test_dependencies
	@$(BIN)/python -m pytest $(WORKERS) -m "not exhaustive" $(ARGS)

test-fast: .venv/.tests  ## Quick ones without a browser, a running desk or a program of others, in a minute (ARGS)
	@echo "Running the quick tests that need no browser, no running desk and no program of others: a minute on two cores."
	@$(BIN)/python -m pytest $(WORKERS) -m "not outside and not exhaustive and not slow" $(ARGS)

test-all: .venv/.tests  ## Those of make test, the full matrices and the long runs (ARGS)
	@echo "Running every test, full matrices and long runs included: about half an hour on two cores."
	@$(BIN)/python -m tools.test_dependencies
	@ISOLATION_STEPS=$${ISOLATION_STEPS:-10000} $(BIN)/python -m pytest $(WORKERS) --hypothesis-profile explore $(ARGS)

test-pythons: .venv/.tests  ## Those that drive no program of others under Python 3.11, 3.12 and 3.13, where they are installed
	@$(BIN)/python -m tools.test_pythons

coverage: .venv/.tests  ## Which branches of contacts_ui no test takes, those with a browser apart (ARGS)
	@$(BIN)/python -m tools.test_dependencies
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -q -n logical -m "not browser and not exhaustive" $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --sort=cover --fail-under=93
	@$(BIN)/coverage json --quiet -o .cache/coverage/report.json
	@$(BIN)/python -c 'import json, sys; part = json.load(open(".cache/coverage/report.json"))["totals"]["percent_branches_covered"]; print(f"{part:.1f} % of the branches"); sys.exit(part < 93)'

isolation: .venv/.tests  ## 10,000 steps of any interleaving: no foreign row (minutes)
	@ISOLATION_STEPS=10000 $(BIN)/python -m pytest -q tests/gateway/test_scope_isolation.py

mutants: .venv/.tests  ## The most dangerous faults, one at a time: which test notices (WORDS for some)
	@$(BIN)/python -m tools.mutants $(WORDS)

screenshots: .venv/.tests  ## Every state, light and dark, desktop and phone, into pictures/ (STATES for some)
	@$(BIN)/python -m tools.test_dependencies
	@$(BIN)/python -m tools.screenshots $(STATES)

lint: export SECRET_KEY := lint-only-$(shell od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
lint: export ENV_FILE := /dev/null
lint: export SITE_URL := https://desk.example.org
lint: export SENT_API_KEY := lint
lint: export TRUST_PROXY := true
lint: .venv/.tests  ## ruff, mypy, import-linter, djlint, check --deploy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint templates/desk --lint --quiet
	$(BIN)/djlint templates/account templates/admin templates/allauth templates/mfa templates/socialaccount --lint --quiet --profile django
	$(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run
	@if command -v promtool >/dev/null; then promtool check rules docs/alerts.yml; else echo "promtool is not here: docs/alerts.yml is not checked"; fi

format: .venv/.tests  ## ruff's formatting and fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/.tests  ## requirements.txt and requirements-dev.txt anew, with hashes (needs uv)
	uv pip compile --quiet --generate-hashes --universal --python-version 3.11 requirements.in -o requirements.txt
	uv pip compile --quiet --generate-hashes --universal --python-version 3.11 requirements-dev.in -o requirements-dev.txt

audit: .venv/.tests  ## Known vulnerabilities of the locked packages, where a database of them is reachable
	@$(BIN)/python -m tools.vulnerabilities

sbom: .venv/.tests  ## What is shipped, with hashes, as CycloneDX into .cache/sbom.json
	@$(BIN)/python -m tools.sbom

clean:  ## What was installed and built; keeps .env and the database
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache
