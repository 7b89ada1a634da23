VENV ?= .venv
export VENV

.PHONY: help setup demo speedrun test test-oldest torture frameworks coverage bench lint clean

help:
	@echo "make setup    install all that is missing (system packages, $(VENV), the package)"
	@echo "make demo     play the bundled game in several emulators, train, leave videos in videos/"
	@echo "make speedrun search a perfect run of the bundled game, verify it on stock FCEUX, film it"
	@echo "make test     run the tests on real emulators"
	@echo "make test-oldest  run a part of them with the oldest allowed versions of other packages"
	@echo "make torture  run the long tests: every board, faults, a soak (over an hour); OPTIONS=..."
	@echo "make frameworks  run the tests with RLlib, TorchRL and other libraries; part of torture"
	@echo "make coverage run the tests and report the lines that they do not run"
	@echo "make bench    measure the speed beside other packages; results in bench-results/"
	@echo "make lint     check style and types"
	@echo "make clean    remove what was built (not $(VENV))"

setup:
	@scripts/setup.sh

demo: setup
	@$(VENV)/bin/copain demo

SPEEDRUN = videos/speedrun

speedrun: setup
	@$(VENV)/bin/copain search run hirondelle --workers $$(nproc) --seed 1 --out $(SPEEDRUN).fm2 --replace
	@$(VENV)/bin/copain movie verify $(SPEEDRUN).fm2
	@$(VENV)/bin/copain movie render $(SPEEDRUN).fm2 --out $(SPEEDRUN).mp4 --buttons --show score,lives

test: setup
	@$(VENV)/bin/python -m pytest

# The parts that use other packages most.
OLDEST = build/oldest
OLDEST_EXTRAS = train,video,dev
OLDEST_TESTS ?= tests/envs tests/vector tests/agents tests/tas tests/run tests/roms
# What old versions of other packages say of each other.
OLDEST_WARNINGS = DeprecationWarning PendingDeprecationWarning FutureWarning

test-oldest:
	@mkdir -p $(OLDEST)
	@$${PYTHON:-python3} scripts/requirements.py $(OLDEST_EXTRAS) --oldest >$(OLDEST)/constraints.txt
	@VENV=$(OLDEST)/venv EXTRAS=$(OLDEST_EXTRAS) CONSTRAINTS=$(OLDEST)/constraints.txt scripts/setup.sh
	@$(OLDEST)/venv/bin/python -m pytest $(addprefix -W ignore::,$(OLDEST_WARNINGS)) $(OLDEST_TESTS)

torture:
	@EXTRAS=train,video,dev,frameworks scripts/setup.sh
	@$(VENV)/bin/python -m tests.torture $(OPTIONS)

frameworks:
	@EXTRAS=train,video,dev,frameworks scripts/setup.sh
	@$(VENV)/bin/python -m pytest tests/frameworks

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
