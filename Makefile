# The two commands a newcomer needs: `make run` and `make test`. Python 3.11+ and make are all they ask for.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
N ?= 2000
# Tests mostly wait for processes. A file stays together: its tests share servers.
PYTEST_ARGS ?= -n 2 --dist loadfile

# What a failing command began is not taken for done the next time: a virtual environment without pip, for one.
.DELETE_ON_ERROR:

.PHONY: help run test soak check docs bench clean

help:
	@echo "make run    the tutorial's two vassals under the Emperor, and the URL to open"
	@echo "make test   every test (installs what they need first)"
	@echo "make soak   two minutes of random changes on each source"
	@echo "make check  lint, format and types, as CI does"
	@echo "make docs   the manual, into site/"
	@echo "make bench  our Emperor beside uWSGI's own; N=$(N) vassals for the cold start"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[uwsgi]"
	touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev,docs]"
	touch $@

run: $(VENV)/.installed
	@$(BIN)/python examples/tutorial/run.py

test: $(VENV)/.installed-dev
	tools/install_test_packages
	$(BIN)/python -m pytest $(PYTEST_ARGS)

soak: $(VENV)/.installed-dev
	tools/install_test_packages
	IMPERATOR_SOAK_SECONDS=120 $(BIN)/python -m pytest tests/system/sources/test_soak.py $(PYTEST_ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.installed-dev
	$(BIN)/mkdocs build --strict

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks --vassals $(N)
	$(BIN)/python -m benchmarks.library
	$(BIN)/python -m benchmarks.runtime

clean:
	rm -rf $(VENV) site .bench .mypy_cache .pytest_cache .ruff_cache
