# "make forecast" on a bare machine: finds an interpreter, makes .venv, installs what is pinned, runs the forecast.
.DEFAULT_GOAL := help
.PHONY: forecast setup test test-slow test-all lint types docs calibration bench lock clean help stale
.SUFFIXES:

STAMP := .venv/.installed
BENCH := .venv-bench/.installed
RUN := .venv/bin/python -m
# Files of tests are shared out over processes; more than four would spend their time on making the same fixtures.
TESTS := $(RUN) pytest -n auto --maxprocesses 4 --dist loadfile

# The stamp holds the path that .venv was made for; a tree that was moved, or whose interpreter is gone, starts over.
USABLE := $(shell test "`cat $(STAMP) 2>/dev/null`" = "`pwd -P`" && .venv/bin/python -c "" 2>/dev/null && echo yes)

# Images often set this; then every process that a test starts would compile the packages anew, and pytest its files.
unexport PYTHONDONTWRITEBYTECODE

# PYTHON=/path names the interpreter for .venv.
ifdef PYTHON
export PYTHON
endif

forecast: $(STAMP)  ## run the forecast; ARGS="--worlds 2000 --seed 7" passes options on
	@.venv/bin/forecast run $(ARGS)

setup: $(STAMP)  ## make .venv with the pinned packages, and nothing else

$(STAMP): pyproject.toml constraints.txt $(if $(USABLE),,stale)
	@.ci/setup

stale:

test: lint types  ## lint, types and the default tests
	@$(TESTS) $(ARGS)

# pytest ends with 5 when it finds no slow test, which is no failure.
test-slow: $(STAMP)  ## the tests that sample for real
	@$(TESTS) -m "slow and not exhaustive" $(ARGS) || test $$? -eq 5

# The page is of all tests, so a run with ARGS does not write it.
test-all: $(STAMP)  ## every test there is, in an hour and a half, into docs/checks.md: before a release
	@mkdir -p build
	@$(TESTS) -m "" --hypothesis-profile many --junitxml=build/checks.xml $(ARGS); passed=$$?; \
	$(if $(ARGS),,$(RUN) docs.checks build/checks.xml || exit 1;) exit $$passed

lint: $(STAMP)  ## ruff: rules and format
	@$(RUN) ruff check
	@$(RUN) ruff format --check

types: $(STAMP)  ## mypy --strict
	@$(RUN) mypy forecast priors $(wildcard examples/*.py docs/*.py benchmarks/*.py)

docs: $(STAMP)  ## build the generated pages, the README's tables and the pictures
	@$(RUN) docs.build

calibration: $(STAMP)  ## the calibration of the posterior: its page and picture, in about eight minutes
	@$(RUN) docs.calibration

bench: $(BENCH)  ## the measurements of benchmarks/, peers beside; ARGS="w1 w5" for some of the tables
	@.venv-bench/bin/python -m benchmarks.run $(ARGS)

$(BENCH): constraints.txt benchmarks/peers.txt benchmarks/package.json
	@.ci/bench

lock:  ## pin the newest allowed packages into constraints.txt (needs uv)
	@.ci/lock

clean:  ## remove .venv, caches and builds
	@rm -rf .venv .venv-bench benchmarks/node_modules build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
