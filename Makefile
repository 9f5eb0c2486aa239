# Needs python3 (3.11 or newer) with venv and pip; everything else goes into .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
SITE   ?= config/ingestd.yaml

.PHONY: run test lint types unit demo bench drill format lock schemas clean

run: $(STAMP)          ## serve the sample site on loopback
	$(BIN)/ingestd run --config $(SITE)

test: lint types unit  ## everything that CI asks for

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

# What is judged by cases, and what mostly waits for real peers, needs no coverage, and runs beside the rest. Many tests
# are about real time: those that failed while the machine was busy are tried again when nothing else runs, in plain sight.
BESIDE := tests/test_storm.py tests/test_corpus.py tests/peers
PEERS  := $(BIN)/python -m pytest -rs -o cache_dir=$(VENV)/.beside $(BESIDE)
REST   := $(BIN)/python -m pytest -rs --cov --cov-report=term --cov-fail-under=90 $(BESIDE:%=--ignore=%)
AGAIN  := --last-failed --last-failed-no-failures=none
unit: $(STAMP)
	.ci/peers
	{ $(PEERS); judged=$$?; $(BIN)/python tests/drills/contract.py --count 1000 || judged=2; exit $$judged; } >$(VENV)/beside.log 2>&1 & \
	  beside=$$!; $(REST) -n 2 --dist loadfile; rest=$$?; wait $$beside; judged=$$?; cat $(VENV)/beside.log; \
	  if [ $$rest -eq 1 ]; then echo "again, with the machine to themselves:"; $(REST) --cov-append $(AGAIN); rest=$$?; fi; \
	  if [ $$judged -eq 1 ]; then echo "again, with the machine to themselves:"; $(PEERS) $(AGAIN); judged=$$?; fi; \
	  exit $$((rest + judged))
	$(BIN)/python -m coverage report --include='ingestd/decide/*' --fail-under=100

demo: $(STAMP)         ## a morning in a trading company, played through real SMTP and HTTP
	$(BIN)/python -m ingestd.demo

bench: $(STAMP)        ## what the pipeline carries, what 100,000 open alerts cost, how soon a page is out, what a decision costs, how well storms become incidents
	$(BIN)/python tests/benchmarks/throughput.py
	$(BIN)/python tests/benchmarks/intake.py
	$(BIN)/python tests/benchmarks/mailintake.py
	$(BIN)/python tests/benchmarks/latency.py
	$(BIN)/python tests/benchmarks/open_alerts.py
	$(BIN)/python tests/benchmarks/decision.py
	$(BIN)/python tests/benchmarks/rules.py
	$(BIN)/python tests/benchmarks/replay.py
	$(BIN)/python tests/benchmarks/replay.py --count 1000000 --kinds webhook --runs one
	$(BIN)/python tests/benchmarks/storms.py

drill: $(STAMP)        ## hours: kill -9, power cuts, full disks, jumping clocks, dead relays, hostile clients, floods, mutated inputs, reloads under load, random nights
	$(BIN)/python tests/drills/kill.py
	$(BIN)/python tests/drills/crash.py
	$(BIN)/python tests/drills/crash.py --peer --kills 100
	$(BIN)/python tests/drills/power.py
	$(BIN)/python tests/drills/poison.py
	$(BIN)/python tests/drills/mail_flood.py
	$(BIN)/python tests/drills/fuzz.py
	$(BIN)/python tests/drills/orders.py
	$(BIN)/python tests/drills/reload.py
	$(BIN)/python tests/drills/budget.py
	$(BIN)/python tests/drills/contract.py
	$(BIN)/python tests/drills/disk.py
	$(BIN)/python tests/drills/postgres.py
	$(BIN)/python tests/drills/clocks.py
	$(BIN)/python tests/drills/relays.py
	$(BIN)/python tests/drills/clients.py
	$(BIN)/python tests/drills/bombs.py

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The locks name versions and hashes only, so that they work with any index.
lock: $(STAMP)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --group dev --output-file requirements-dev.lock pyproject.toml

schemas: $(STAMP)      ## what editors complete by, after a type has changed
	$(BIN)/ingestd schema --write ingestd/schemas

$(STAMP): requirements-dev.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

clean:
	rm -rf $(VENV) var dist .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis
