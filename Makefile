# make demo: from a folder of example photos to a safety dataset, preference pairs, and a
# page of each to look at.
# make test: everything that CI runs. make test-all: and what is slow or needs foreign servers.
# make fuzz: the readers of strangers' files on broken ones, for FUZZ_S seconds (600).
# make .venv-readers: other people's programs that read our exports, for the tests in test-all.
# make lock: writes constraints.txt, which all of these install from.
# make audit: asks the databases of advisories about the lock, and writes dist/sbom.json.
# LATEST=1 behind any of them: without the lock, the newest that pyproject.toml allows.

PYTHON ?= python3
LOCK := constraints.txt

# The two ways to install never share an environment. Without the lock nothing is ever up to date.
ifdef LATEST
VENV := .venv-latest
FIXED := --upgrade --upgrade-strategy eager
STALE := always
else
VENV := .venv
FIXED := --constraint $(LOCK)
STALE := $(LOCK)
endif

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(FIXED)
QUICK := not slow and not foreign and not kill_matrix
# One process of tests more than there are cores, since many wait for servers and clocks, and no more
# than 8: each holds torch, which gets one thread, for threads beyond the cores spin. WORKERS=0 is
# for a debugger.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(len(os.sched_getaffinity(0)) + 1)' 2>/dev/null || echo auto)
TESTS := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 8 --dist worksteal

.PHONY: .venv-readers setup demo test quick test-all fuzz check docs picture lock audit clean always
.DEFAULT_GOAL := demo

# One stamp per set of extras, so that nothing is installed twice.
setup: $(VENV)/.core

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Crosslight needs Python 3.11 or later; try: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

# The build backend comes from the lock too: pip would fetch today's into an isolated build.
$(VENV)/.core: $(VENV)/bin/python pyproject.toml $(STALE)
	$(PIP) hatchling editables
	$(PIP) --no-build-isolation --editable .
	touch $@

$(VENV)/.test: $(VENV)/.core
	$(PIP) --no-build-isolation --editable '.[test]'
	touch $@

# Label Studio, mlcroissant, webdataset and datasets, to read our exports with: 190 packages that
# must not meet ours. The tests marked `foreign` find them there.
.venv-readers: .venv-readers/.readers

.venv-readers/.readers: .ci/readers.txt
	$(PYTHON) -m venv .venv-readers
	.venv-readers/bin/python -m pip install --quiet --disable-pip-version-check --requirement .ci/readers.txt
	touch $@

demo: setup
	$(BIN)/crosslight photos fetch
	$(BIN)/crosslight models fetch
	$(BIN)/crosslight build --example-photos -o runs/demo
	$(BIN)/crosslight prefer runs/demo -o runs/pairs
	$(BIN)/crosslight rate runs/demo -o runs/rate

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Side by side: mypy alone takes most of a minute of one core.
test: $(VENV)/.test
	$(MAKE) --no-print-directory --jobs=2 check quick

quick: $(VENV)/.test
	$(TESTS) -m '$(QUICK)'

test-all: check
	$(TESTS)

# FUZZ=tar takes one target (tests/fuzz/targets). What it finds lies in .fuzz/.
FUZZ_S ?= 600
fuzz: $(VENV)/.test
	FUZZ_S=$(FUZZ_S) $(BIN)/python -m tests.fuzz $(FUZZ)

# The pages that are made from the declarations: commands and suites.
docs: setup
	$(BIN)/python docs/generate.py

# The picture of the viewer in README.md, of what make demo has left; it wants Chromium.
picture: $(VENV)/.test
	$(BIN)/python docs/picture.py

# In an environment that is thrown away. Pins that still fit stay; LATEST=1 takes the newest of all.
lock:
	PYTHON=$(PYTHON) ./.ci/lock $(if $(LATEST),--upgrade)

# In an environment that is thrown away. It says when it could not look (exit code 3 of the script).
audit:
	$(PYTHON) .ci/audit.py

clean:
	rm -rf .venv .venv-latest .venv-readers runs .mypy_cache .ruff_cache .pytest_cache .fuzz
