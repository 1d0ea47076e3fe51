# make demo: from a folder of example photos to a safety dataset and a page to look at it.
# make test: everything that CI runs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup demo test docs clean
.DEFAULT_GOAL := demo

# One stamp per set of extras, so that nothing is installed twice.
setup: $(VENV)/.core

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Crosslight needs Python 3.11 or later; try: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.test: $(VENV)/.core
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

demo: setup
	$(BIN)/crosslight photos fetch
	$(BIN)/crosslight models fetch
	$(BIN)/crosslight build --example-photos -o runs/demo

test: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

docs: setup
	$(BIN)/python docs/generate.py

clean:
	rm -rf $(VENV) runs .mypy_cache .ruff_cache .pytest_cache
