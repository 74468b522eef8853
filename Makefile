# Everything starts here: `make run`, `make demo`, `make test`, `make check`, `make docs`, `make bench`, `make mutants`,
# `make fuzz`, `make faults`, `make catalogues`.
# Needs Python >= 3.11 with venv, and make. Everything else comes from the lock, checked by its hashes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Without compiled files every process that a test starts would compile everything again.
unexport PYTHONDONTWRITEBYTECODE
PYTEST_ARGS ?= -n auto --dist worksteal
# Checks a file against a schema that the checker ships.
VALID = $(BIN)/check-jsonschema --quiet --builtin-schema vendor.

.PHONY: run test check docs bench mutants fuzz faults demo lock catalogues clean

run: $(VENV)/run.stamp
	$(BIN)/fedserver run

demo: $(VENV)/run.stamp
	$(BIN)/fedserver demo

test: $(VENV)/dev.stamp
	@$(BIN)/python -m compileall -q -j 0 activitypub addresses fedserver storage
	PYTEST_PLUGINS=tests.kit.coverage $(BIN)/python -m pytest $(PYTEST_ARGS)

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
	$(BIN)/hadolint Containerfile
	$(VALID)compose-spec deploy/compose.yaml
	$(VALID)github-workflows .github/workflows/*.yml
	$(VALID)dependabot .github/dependabot.yml
	$(VALID)github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(VALID)github-issue-forms $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
	$(BIN)/python -m tools.catalogues --check

# Collect the texts, bring the language files up to date and compile them: after every change of a text.
catalogues: $(VENV)/dev.stamp
	$(BIN)/python -m tools.catalogues

# Hand-written pages and those of the program as one site in build/docs. Warnings are errors, and so are links to
# pages and headings that do not exist; addresses elsewhere are only checked for their form, as no web is needed.
docs: $(VENV)/dev.stamp
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going --fresh-env -b html docs build/docs

# Write the locks again from pyproject.toml: exact versions with hashes, for every system and Python >= 3.11.
# Needs the `uv` program; newer versions are taken only with UPGRADE=--upgrade.
LOCK = uv pip compile pyproject.toml --quiet --generate-hashes --universal --python-version 3.11 \
  --no-emit-index-url --no-emit-find-links --no-header $(UPGRADE)

lock:
	$(LOCK) --extra fast --extra postgres --extra video --extra heif --extra build -o requirements/run.txt
	$(LOCK) --extra fast --extra postgres --extra video --extra heif --extra build --extra test --extra check --extra docs -o requirements/dev.txt

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# A stamp stands for "the environment holds this lock". A wrong or incomplete environment is built again.
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
