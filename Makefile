# `make serve` and `make test` need Python >= 3.11 and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := cli.py cli_tables.py cli_tokens.py gateway.py errors.py settings.py db execution operations rest resolvers schema tests bench web

.PHONY: serve test check format bench fuzz soak pictures schema constraints clean

serve: $(VENV)/.ready
	$(BIN)/workgraph serve

test: $(VENV)/.ready-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/.ready-dev
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy

format: $(VENV)/.ready-dev
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

bench: $(VENV)/.ready-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	-npm ci --prefix bench/peers
	$(BIN)/python -m bench.compare --write
	$(BIN)/python -m bench.scale --write
	$(BIN)/python -m bench.import_speed
	$(BIN)/python -m bench.charts

# Requests of every kind, right and wrong: docs/load.md.
fuzz: $(VENV)/.ready-dev
	$(BIN)/python -m bench.fuzz --write

# Load with faults, over a PostgreSQL server of its own: docs/load.md.
soak: $(VENV)/.ready-dev
	$(BIN)/python -m bench.soak --write

# The pictures of docs/chart-pictures.md, drawn by Apache ECharts; needs Node.
pictures: $(VENV)/.ready-dev
	npm ci --prefix tests/echarts
	$(BIN)/python -m bench.pictures

# The printed copy of the graph's schema, which a test compares with the served one.
schema: $(VENV)/.ready
	$(BIN)/workgraph schema > docs/schema.graphql

# The versions of this environment become those that set-up installs everywhere.
constraints: $(VENV)/.ready-dev
	$(BIN)/python -m pip freeze --exclude-editable --exclude workgraph > constraints.txt

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Workgraph needs Python 3.11 or newer; set PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) .workgraph build dist .pytest_cache .mypy_cache .ruff_cache
