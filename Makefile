PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: run test bench matrix chaos history fuzz mutants install lint requirements

run: install ## everything a newcomer needs: ends serving, with a printed log-in
	$(BIN)/python manage.py quickstart

PYTEST := $(BIN)/python -m pytest -n 2 --dist loadgroup

ifeq ($(CI),true)
test: install ## in CI with the long ones: races and kills in processes of their own, a real browser
	$(PYTEST) --database=sqlite
	$(PYTEST) --database=postgresql --ignore=tests/backends --ignore=tests/browser
else
test: install ## the suite, on SQLite and on PostgreSQL
	$(PYTEST) --database=sqlite -m "not races and not browser and not scale"
	$(PYTEST) --database=postgresql -m "not races and not browser and not scale" --ignore=tests/backends
endif

bench: install ## how fast it is, beside others (needs wrk); `python -m tests.benchmarks --help` for parts of it
	$(BIN)/python -m tests.benchmarks

matrix: install ## every route of API, pages and admin for every kind of caller
	$(PYTEST) tests/volumes/test_routes.py tests/pages/test_routes.py tests/admin/test_routes.py

chaos: install ## kill -9 at every fault point (20 times on each database); `python -m tests.faults --help` for parts of it
	$(BIN)/python -m tests.faults

history: install ## kill clients, servers and the database, and check what they say; `HISTORY="--seed one"` chooses
	$(BIN)/python -m tests.history $(HISTORY)

fuzz: install ## hostile requests against real servers on both databases; `make fuzz N=100000` for more of them
	$(BIN)/python -m tests.fuzz $(or $(N),4000)

mutants: install ## take each guard out of a copy, and see the test that is named for it fail
	$(BIN)/python -m tests.mutants

lint: install ## everything that reads the code without running it
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/python manage.py makemigrations --check --dry-run
	PUBLIC_URL=https://volumes.example.com $(BIN)/python manage.py check --deploy --fail-level WARNING

install: $(STAMP) ## only prepares .venv

$(STAMP): requirements.txt
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Holdfast needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch $(STAMP)

requirements: ## pin what pyproject.toml asks for, with hashes and no index address (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command "make requirements" -o requirements.txt
