VENV ?= .venv
export VENV

.PHONY: help setup demo test torture coverage bench lint clean

help:
	@echo "make setup    install all that is missing (system packages, $(VENV), the package)"
	@echo "make demo     play the bundled game in several emulators, train, leave videos in videos/"
	@echo "make test     run the tests on real emulators"
	@echo "make torture  run the long tests: every board, faults, a soak (over an hour); OPTIONS=..."
	@echo "make coverage run the tests and report the lines that they do not run"
	@echo "make bench    measure the speed beside other packages; results in bench-results/"
	@echo "make lint     check style and types"
	@echo "make clean    remove what was built (not $(VENV))"

setup:
	@scripts/setup.sh

demo: setup
	@$(VENV)/bin/copain demo

test: setup
	@$(VENV)/bin/python -m pytest

torture: setup
	@$(VENV)/bin/python -m tests.torture $(OPTIONS)

coverage: setup
	@$(VENV)/bin/coverage erase
	@$(VENV)/bin/coverage run -m pytest
	@$(VENV)/bin/coverage combine -q
	@$(VENV)/bin/coverage report

bench: setup
	@benchmarks/setup.sh
	@$(VENV)/bin/copain bench --json bench-results/results.json --plot bench-results/results.png

lint: setup
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy

clean:
	rm -rf build dist videos bench-results .coverage .pytest_cache .mypy_cache .ruff_cache
