# `make demo` and `make test` need nothing but Python 3.11 or newer; the rest is put into .venv.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint mutation bench clean

demo: .venv/demo
	$(BIN)/wsbeat demo

test: .venv/dev lint
	$(BIN)/python -m pytest

lint: .venv/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

mutation: .venv/dev
	$(BIN)/python -m pip install --quiet --editable '.[mutation]'
	$(BIN)/python -m tests.mutation --record

bench: .venv/dev
	$(BIN)/python -m tests.bench

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
