# The whole house: `make run`, `make test`, `make check`, `make bench`, `make mutants`, `make fuzz`, `make faults`, `make demo`, `make catalogues`.
# Needs Python >= 3.11 with venv, and make. Everything else comes from the lock, checked by its hashes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Without compiled files every process that a test starts would compile the whole house again.
unexport PYTHONDONTWRITEBYTECODE
PYTEST_ARGS ?= -n auto --dist worksteal

.PHONY: run test check bench mutants fuzz faults demo lock catalogues clean

run: $(VENV)/run.stamp
	$(BIN)/fedserver run

demo: $(VENV)/run.stamp
	$(BIN)/fedserver demo

test: $(VENV)/dev.stamp
	@$(BIN)/python -m compileall -q -j 0 activitypub fedserver storage
	$(BIN)/python -m pytest $(PYTEST_ARGS)

bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks

# Take each guard out of a copy: the tests that watch over it must fail. ONLY=word tries some.
mutants: $(VENV)/dev.stamp
	$(BIN)/python -m tools.mutants

# Feed what peers and clients may send to what reads it, SECONDS a reader.
fuzz: $(VENV)/dev.stamp
	$(BIN)/python -m tools.fuzz

# Kill nodes, fill a disk, restart PostgreSQL, take a peer away: nothing that was acknowledged may be lost.
faults: $(VENV)/dev.stamp
	@failed=0; for each in kills disk restarts outage; do $(BIN)/python -m tests.faults.$$each || failed=1; done; exit $$failed

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tools.catalogues --check --untranslated

# Collect the texts, bring the language files up to date and compile them: after every change of a text.
catalogues: $(VENV)/dev.stamp
	$(BIN)/python -m tools.catalogues

# Write the locks anew from pyproject.toml: exact versions with hashes, for every system and Python >= 3.11.
# Needs the `uv` program; newer versions are taken only with UPGRADE=--upgrade.
LOCK = uv pip compile pyproject.toml --quiet --generate-hashes --universal --python-version 3.11 \
  --no-emit-index-url --no-emit-find-links --no-header $(UPGRADE)

lock:
	$(LOCK) --extra fast --extra postgres --extra video --extra heif --extra build -o requirements/run.txt
	$(LOCK) --extra fast --extra postgres --extra video --extra heif --extra build --extra test --extra check -o requirements/dev.txt

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# A stamp stands for "the environment holds this lock". A wrong or half-made environment is made anew.
$(VENV)/made.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "fedserver needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(VENV)/made.stamp
	$(PIP) install --require-hashes -r requirements/run.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt pyproject.toml | $(VENV)/made.stamp
	$(PIP) install --require-hashes -r requirements/dev.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(VENV)/run.stamp $@
