# `make demo` and `make test` need nothing but Python 3.11 or newer; the rest is put into .venv.

PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 3

.PHONY: demo test lint mutation bench clean

demo: .venv/demo
	$(BIN)/wsbeat demo

# Most tests wait more than they compute, so that three of them do not get into each other's way on
# two cores. Those that are alone keep several processes busy already, or show what a run says when
# nothing disturbs it.
test: .venv/dev lint
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal -m "not alone"
	$(BIN)/python -m pytest -m alone

lint: .venv/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

mutation: .venv/dev
	$(BIN)/python -m pip install --quiet --editable '.[mutation]'
	$(BIN)/python -m tests.proof.mutation --record

bench: .venv/dev
	$(BIN)/python -m tests.proof.bench

.venv/bin/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

.venv/demo: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[reference]'
	touch $@

.venv/dev: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@ .venv/demo

clean:
	rm -rf .venv node_modules
