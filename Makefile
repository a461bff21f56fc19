# Keepers: every command sets itself up; a fresh machine needs only git, make and Python 3.11 or newer.
PYTHON ?= python3
UV := .uv/bin/uv
BIN := .venv/bin
STAMP := .venv/.installed
# looking for them among all tests takes longer
SPARK_TESTS = $(shell grep -rl --include='test_*.py' 'mark\.spark' tests)
unexport PYTHONDONTWRITEBYTECODE  # containers often set it: each of the many processes would compile all that it imports anew

.PHONY: help setup demo test test-most test-spark test-spark-most test-postgresql fuzz check beside lint types contracts kernels browser java postgresql dev bench bench-check bench-spark screenshots docs lock clean

help:  ## Show these commands.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP)  ## Install everything into .venv (the others call this first).

$(UV):
	@command -v $(PYTHON) >/dev/null || { echo "Keepers needs Python 3.11 or newer; $(PYTHON) was not found. Pass PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Keepers needs Python 3.11 or newer; this is $$($(PYTHON) -V). Pass PYTHON=/path/to/python3.11."; exit 1; }
	@if command -v uv >/dev/null; then mkdir -p .uv/bin && ln -sf "$$(command -v uv)" $(UV); \
	else $(PYTHON) -m venv .uv && .uv/bin/pip install --quiet --disable-pip-version-check uv; fi

$(STAMP): $(UV) requirements/dev.txt pyproject.toml
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --require-hashes --python $(BIN)/python requirements/dev.txt
	@$(UV) pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

demo: setup  ## A real shop's history from raw lines to pages in the browser; ends on an address.
	@$(BIN)/keepers demo

test: setup  ## Run the tests; most of those of Apache Spark beside the others, which take the cores whenever its session waits.
	@$(MAKE) --no-print-directory -j2 test-most test-spark-most

test-most: setup
	@$(BIN)/pytest -m "not spark"

test-spark-most: setup
	@$(BIN)/pytest -m spark -n 0 $(SPARK_TESTS) -k "not test_a_step_gives_the_same_rows_on_both"

test-spark: setup  ## Run all tests of Apache Spark, each step of the warehouse by itself too (minutes).
	@$(BIN)/pytest -m spark -n 0 $(SPARK_TESTS)

test-postgresql: setup postgresql  ## Run all tests of the app database, and of the server above it, on a PostgreSQL of their own instead of SQLite.
	@KEEPERS_TEST_DATABASE=postgresql $(BIN)/pytest tests/integration/web tests/integration/test_serve_command.py tests/recovery/test_killed_web.py

fuzz: setup  ## Look for new counterexamples to the laws, send the API whatever fits its description, kill imports many times (long).
	@HYPOTHESIS_PROFILE=fuzz $(BIN)/pytest tests/property
	@KEEPERS_BASES=200 $(BIN)/pytest tests/recovery/test_posterior_coverage.py
	@KEEPERS_EXPERIMENTS=2000 $(BIN)/pytest tests/recovery/test_peeking.py
	@KEEPERS_CHAINS=all $(BIN)/pytest tests/recovery/test_posterior_beside_chains.py
	@KEEPERS_SPARK_HOLDOUT=13w $(BIN)/pytest -m spark -n 0 tests/integration/test_value_on_spark.py
	@KEEPERS_API_EXAMPLES=40 $(BIN)/pytest -n 0 tests/integration/web/test_api_schema.py
	@KEEPERS_KILLS=60 $(BIN)/pytest -n 0 tests/recovery/test_killed_import.py

check: beside test  ## What CI runs: lint, types, import contracts, tests.

beside: setup  # what is told from the code alone, and compiling what the tests will run
	@$(MAKE) --no-print-directory -j2 types kernels lint contracts

kernels: setup  # two workers of the tests that begin at once would each compile nearly all of it
	@$(BIN)/pytest -n 0 -p no:cacheprovider tests/unit/clv/test_calendar.py \
	  tests/integration/test_value.py::test_the_object_names_what_was_read_fitted_and_graded

browser:  ## Install Chromium where it is missing (Debian, Ubuntu), for the tests in a browser and the pictures.
	@for name in "$$KEEPERS_CHROMIUM" chromium chromium-browser google-chrome google-chrome-stable; do \
	  test -n "$$name" && command -v "$$name" >/dev/null && exit 0; done; \
	command -v apt-get >/dev/null || { echo "Install Chromium first, or name it in KEEPERS_CHROMIUM."; exit 1; }; \
	as_root=; test "$$(id -u)" = 0 || as_root=sudo; \
	$$as_root apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null

java:  ## Install Java where it is missing (Debian, Ubuntu), for the tests and timings of Apache Spark.
	@command -v java >/dev/null && exit 0; \
	command -v apt-get >/dev/null || { echo "Install Java 17 or newer first."; exit 1; }; \
	as_root=; test "$$(id -u)" = 0 || as_root=sudo; \
	$$as_root apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends default-jre-headless >/dev/null

postgresql:  ## Install PostgreSQL's server where it is missing (Debian, Ubuntu), for test-postgresql.
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && exit 0; \
	command -v apt-get >/dev/null || { echo "Install PostgreSQL 14 or newer as Debian does, below /usr/lib/postgresql."; exit 1; }; \
	as_root=; test "$$(id -u)" = 0 || as_root=sudo; \
	$$as_root apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends postgresql >/dev/null

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup
	@$(BIN)/mypy

contracts: setup
	@$(BIN)/lint-imports --no-cache

dev: setup  ## Format, fix what can be fixed, then run the tests that failed last.
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .
	@$(BIN)/pytest --last-failed --last-failed-no-failures all -x

bench: setup  ## Time the main jobs beside lifetimes and pymc-marketing; writes bench/RESULTS.md.
	@$(BIN)/python -m bench

bench-check: setup  ## Name the rows of bench/RESULTS.md that miss what they are to reach.
	@$(BIN)/python -m bench --check

bench-spark: setup java  ## Value 5, 10 and 20 million order lines on clusters of Spark on this machine, beside DuckDB (long).
	@$(BIN)/python -m bench --only spark

screenshots: setup browser  ## Take the README's and the guide's pictures from the demo in a real browser.
	@$(BIN)/python -m tests.e2e.screenshots

docs: setup  ## Build the guide into a site (site/).
	@$(BIN)/zensical build --clean --strict

lock: $(UV)  ## Renew the pinned versions.
	@$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 \
	  --extra demo --extra dev --extra spark pyproject.toml --output-file requirements/dev.txt --upgrade
	@$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 \
	  pyproject.toml --output-file requirements/base.txt --upgrade --constraint requirements/dev.txt

clean:  ## Remove what the other commands made, but no data.
	rm -rf .venv .uv build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis
