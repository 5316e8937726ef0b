PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
STAMP := .venv/.installed
DEV_STAMP := .venv/.installed-dev
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: run test bench matrix chaos history fuzz mutants install install-dev lint requirements

run: install ## everything a newcomer needs: ends serving, with a printed log-in; `make run PORT=9000` for another port
	$(BIN)/python manage.py quickstart --bind 127.0.0.1:$(PORT)

PYTEST := $(BIN)/python -m pytest -n 2 --dist loadgroup

ifeq ($(CI),true)
test: install-dev ## in CI with the long ones: races and kills in processes of their own, a real browser
	$(PYTEST) --database=sqlite
	$(PYTEST) --database=postgresql --ignore=tests/backends --ignore=tests/browser --ignore=tests/deploy
else
test: install-dev ## the suite, on SQLite and on PostgreSQL
	$(PYTEST) --database=sqlite -m "not races and not browser and not scale and not deploy"
	$(PYTEST) --database=postgresql -m "not races and not browser and not scale and not deploy" --ignore=tests/backends --ignore=tests/deploy
endif

bench: install-dev ## how fast it is, beside others (needs wrk); `python -m tests.benchmarks --help` for parts of it
	$(BIN)/python -m tests.benchmarks

matrix: install-dev ## every route of API, pages and admin for every kind of caller
	$(PYTEST) tests/api/test_routes.py tests/console/test_routes.py tests/admin/test_routes.py

chaos: install-dev ## kill -9 at every fault point (20 times on each database); `python -m tests.faults --help` for parts of it
	$(BIN)/python -m tests.faults

history: install-dev ## kill clients, servers and the database, and check what they say; `HISTORY="--seed one"` chooses
	$(BIN)/python -m tests.history $(HISTORY)

fuzz: install-dev ## hostile requests against real servers on both databases; `make fuzz N=100000` for more of them
	$(BIN)/python -m tests.fuzz $(or $(N),4000)

mutants: install-dev ## take each guard out of a copy, and see the test that is named for it fail
	$(BIN)/python -m tests.mutants

lint: install-dev ## everything that reads the code without running it
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/python manage.py makemigrations --check --dry-run
	PUBLIC_URL=https://volumes.example.com $(BIN)/python manage.py check --deploy --fail-level WARNING

install: $(STAMP) ## only prepares .venv, with what running takes

install-dev: $(DEV_STAMP) ## also what tests, checks and benchmarks take

$(STAMP): requirements.txt
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Holdfast needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP_INSTALL) -r requirements.txt
	touch $(STAMP)

$(DEV_STAMP): requirements-dev.txt $(STAMP)
	$(PIP_INSTALL) -r requirements-dev.txt
	touch $(DEV_STAMP)

PIN := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make requirements"

requirements: ## pin what pyproject.toml asks for, with hashes and no index address (needs uv)
	$(PIN) -o requirements.txt
	$(PIN) --extra dev --constraint requirements.txt -o requirements-dev.txt
