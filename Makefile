# The two commands are `make demo` and `make test`; both make the environment first.
.DEFAULT_GOAL := help
.PHONY: help install demo test test-full test-units test-pythons test-ahead test-lowest lint format messages lab lock bench docs pictures clean

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
ARGS ?=
AHEAD ?= +1y
# What needs no server, no browser and no sandbox: less than a minute in one process.
UNITS := benchmarks domain reports store widgets test_configuration.py workspace _internal test_messages.py
LOCKED := --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --quiet

help:
	@echo "make demo             a demo practice, and a shared session of it with two links (ARGS=--no-serve: only built)"
	@echo "make test             all the tests, several at once (make test ARGS=tests/cli: only those, one after the other)"
	@echo "make test-full        the same, and those that kill processes repeat it in full"
	@echo "make test-units       those that need no server, no browser and no sandbox, in a minute"
	@echo "make test-pythons     the tests of kernels and sandbox on the other Pythons that are here"
	@echo "make test-ahead       the tests of rules, sessions and commands with the clock a year ahead (AHEAD=+1d: a day)"
	@echo "make test-lowest      the unit tests and those of kernels, with each package at the lowest version that is allowed"
	@echo "make install          the environment: $(VENV)"
	@echo "make lint             style, types, layers"
	@echo "make format           style, mended"
	@echo "make messages         the catalogues, brought up to date"
	@echo "make lab              the front end of the shared session, built anew from toolkit/lab"
	@echo "make lock             the lock files, made anew from pyproject.toml"
	@echo "make bench            the benchmarks"
	@echo "make docs             the documentation site, in docs/_build/html, without a network"
	@echo "make pictures         the pictures of the documentation, taken in Chromium"
	@echo "make clean            remove what these make"

install: $(VENV)/installed

# A half-made environment has no stamp, so the next call makes it whole; one without pip is made anew.
$(VENV)/installed: requirements.lock pyproject.toml
	@python=$$(scripts/find-python.sh) && { $(BIN)/python -m pip --version >/dev/null 2>&1 || "$$python" -m venv --clear $(VENV); }
	@echo "Installing into $(VENV) (a few minutes the first time)"
	@$(PIP) install --quiet --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
# Earlier versions installed the labextension there, for every JupyterLab of the environment.
	@rm -rf $(VENV)/share/jupyter/labextensions/@mentoring-toolkit
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	@echo "Installing what the tests need"
	@$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(VENV)/installed
	@$(BIN)/mentor demo mentoring-demo $(ARGS)

# What `make test` repeats five times, as often as is worth it.
test-full:
	@MENTORING_TEST_FULL=1 $(MAKE) --no-print-directory test ARGS="$(ARGS)"

# All of them in several processes; what ARGS names in one, unless it says otherwise: ARGS='-n auto tests/cli'.
test: $(VENV)/installed-dev
	@scripts/get-sshd.sh; chromium=$$(scripts/get-chromium.sh $(BIN)/python) && firefox=$$(scripts/get-firefox.sh) && MENTORING_CHROMIUM="$$chromium" MENTORING_FIREFOX="$$firefox" $(BIN)/python -m pytest $(or $(ARGS),-n auto)

test-units: $(VENV)/installed-dev
	@$(BIN)/python -m pytest $(addprefix tests/,$(UNITS)) $(ARGS)

# Each in an environment of its own, .venv-3.12 and so on.
test-pythons:
	@MAKE="$(MAKE)" scripts/test-pythons.sh

# Results hang on no date: these are the parts that reckon with dates. Left out are tests whose server, in its sandbox,
# keeps the machine's clock, so that what it grants has run out in the test's; and those that start and kill servers
# and know no dates.
REAL_CLOCK := process sync/test_shared_document.py server/test_group_session.py snapshots/test_quarantine.py::test_a_garbled_copy_comes_back_and_the_others_go_on
test-ahead: $(VENV)/installed-dev
	@scripts/test-ahead.sh $(BIN)/python $(AHEAD) $(or $(ARGS),-n auto tests/domain tests/live tests/services $(addprefix --deselect tests/live/,$(REAL_CLOCK)))

# In .venv-lowest, on Python 3.11. The catalogue's binary file names the Babel that made it: not a matter of floors.
test-lowest: $(VENV)/installed-dev
	@scripts/test-lowest.sh $(BIN)/uv .venv-lowest $(or $(ARGS),$(addprefix tests/,$(filter-out test_messages.py,$(UNITS)) kernels))

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_structure.py
	$(BIN)/python scripts/front_end_defaults.py --check
	$(BIN)/deptry toolkit
	@# What is not a fragment of the changelog is an error (see "ignore" in pyproject.toml).
	$(BIN)/towncrier build --draft --version check >/dev/null
	$(BIN)/python scripts/lab.py --check

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: $(VENV)/installed-dev
	$(BIN)/python scripts/messages.py

# What is built travels with the repository, so nothing else here needs node.
lab: $(VENV)/installed-dev
	$(BIN)/python scripts/front_end_defaults.py
	$(BIN)/python scripts/lab.py

# See docs/decisions/0002-the-lock.md.
lock: $(VENV)/installed-dev
	printf 'hatchling>=1.27\nhatch-fancy-pypi-readme>=25.1\n' | $(BIN)/uv pip compile $(LOCKED) pyproject.toml - --extra all --output-file requirements.lock
	$(BIN)/uv pip compile $(LOCKED) pyproject.toml --extra all --extra test --extra lint --extra build --extra docs --constraint requirements.lock --output-file requirements-dev.lock

bench: $(VENV)/installed-dev
	@chromium=$$(scripts/get-chromium.sh $(BIN)/python) && export MENTORING_CHROMIUM="$$chromium" && for file in benchmarks/kernels.py benchmarks/grading.py benchmarks/agreement.py benchmarks/submit.py benchmarks/live.py benchmarks/reports.py; do echo "$$file"; $(BIN)/python "$$file" $(ARGS) || exit 1; done

# A warning is an error: a link that leads nowhere is one. External addresses are not fetched.
docs: $(VENV)/installed-dev
	@$(BIN)/python -m sphinx -W --keep-going -q -E -b html docs docs/_build/html
	@$(BIN)/python scripts/check_docs.py

pictures: $(VENV)/installed-dev
	@chromium=$$(scripts/get-chromium.sh $(BIN)/python) && MENTORING_CHROMIUM="$$chromium" $(BIN)/python scripts/pictures.py

clean:
	rm -rf $(VENV) .venv-* mentoring-demo dist docs/_build toolkit/lab/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
