# `make demo` and `make test` need nothing but Python 3.11 or newer; the rest is put into .venv.

PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 3

# Where Python is told to write no bytecode, as in many images, each of hundreds of processes would
# compile the suite for itself, which takes it 0.3 s.
COMPILE := $(BIN)/python -m compileall -q conformance spec reference_server reference_client tests

# And each process that runs tests would rewrite their assertions for itself, which takes it 5 s.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest

.PHONY: demo test units proof live quick lint site mutation bench clean

demo: .venv/demo
	$(COMPILE)
	$(BIN)/wsbeat demo --virtual
	$(BIN)/wsbeat demo

# mypy keeps one core busy at the most, and leaves the other to the tests.
test: .venv/dev
	$(COMPILE)
	$(MAKE) -j 2 lint units

# Many tests wait more than they compute, so that three of them do not get into each other's way on
# two cores.
units: .venv/dev
	$(PYTEST) --numprocesses $(WORKERS) --dist worksteal -m "not proof"

# What computes in virtual time: all other mutants, and peers that go to the limits.
proof: .venv/dev
	$(COMPILE)
	$(PYTEST) --numprocesses $(WORKERS) --dist worksteal -m "virtual"

# All other tests: real processes, browsers, peers on other stacks. Those that are alone keep several
# processes busy already, or show what a run says when nothing disturbs it.
live: .venv/dev
	$(COMPILE)
	$(PYTEST) --numprocesses $(WORKERS) --dist worksteal -m "proof and not alone and not virtual"
	$(PYTEST) -m "proof and alone"

# What a change touches, against the last commit, or against BASE=main.
quick: .venv/dev
	$(COMPILE)
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m tests.quick $(BASE)

lint: .venv/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	nice $(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# The manual with a search, in build/manual/site; a link that leads nowhere ends it.
site: .venv/dev
	$(BIN)/python -m manual

mutation: .venv/dev
	$(BIN)/python -m pip install --quiet --editable '.[mutation]'
	$(BIN)/python -m tests.proof.mutation --record

bench: .venv/dev
	$(COMPILE)
	$(BIN)/python -m tests.proof.bench

.venv/bin/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

.venv/demo: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[reference,virtual]'
	touch $@

.venv/dev: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@ .venv/demo

clean:
	rm -rf .venv node_modules
