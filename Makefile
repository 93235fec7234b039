# Every target does its own set-up in .venv; a machine needs only Python 3.11+ and make.
.DELETE_ON_ERROR:
.PHONY: help setup install demo run test test-slow simulate mutate fuzz check format docs bench vendor app pictures lock release clean

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/ready

help:  ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(READY)  ## the environment in .venv, at the locked versions

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (the first time takes about a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

# Production needs no test tools. Where `make setup` ran, that environment is brought up to date.
INSTALLED := $(VENV)/installed

install: $(INSTALLED)  ## the bridge alone in .venv, without what tests need

$(INSTALLED): requirements.lock requirements-build.lock pyproject.toml
	@if test -e $(READY); then $(MAKE) --no-print-directory setup; else $(MAKE) --no-print-directory alone; fi
	@touch $@

.PHONY: alone
alone:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (the first time takes about half a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .

demo: $(READY)  ## both sandboxes and the bridge: places calls, shows what Twenty got; Ctrl-C ends it
	$(BIN)/twenty-bridge demo

run: $(INSTALLED)  ## the bridge itself, with config.yaml and .env
	$(BIN)/twenty-bridge serve

# The tests start the bridge some hundred times: what it is compiled to is kept, whatever the machine says.
# A worker takes tests that stand together, and has at hand what the one before made.
test test-slow: export PYTHONDONTWRITEBYTECODE =
# Commands speak the user's language; tests read English.
test test-slow: export LC_ALL = C.UTF-8

test: $(READY)  ## the tests
	$(BIN)/python -m pytest -n auto --dist worksteal

test-slow: $(READY)  ## the long suites too
	$(BIN)/python -m pytest -n auto --dist worksteal -m "slow or not slow"

simulate: $(READY)  ## the bridge in simulated worlds: SEEDS=200 SECONDS=60 FIRST=0, or one again: SEED=17 WITHOUT=0,3
	$(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED)) $(if $(WITHOUT),--without $(WITHOUT)) \
	  $(if $(SEEDS),--seeds $(SEEDS)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(FIRST),--first $(FIRST))

mutate: $(READY)  ## changes the code, and says which changes no test notices: FILES="bridge/calls ..." SAMPLE=60 SEED=1
	$(BIN)/python -m tests.mutation $(FILES) $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED)) \
	  $(if $(SECONDS),--seconds $(SECONDS)) $(if $(BOUND),--bound $(BOUND)) $(if $(MATCH),--match "$(MATCH)") $(if $(AGAIN),--again) \
	  $(if $(TESTS),--tests $(TESTS))

FUZZER := $(VENV)/fuzzer

fuzz: $(READY) $(FUZZER)  ## what comes from outside, an hour: MINUTES=5, TARGET=redactor, or one input again: INPUT=…
	$(BIN)/python -m tests.fuzz $(if $(MINUTES),--minutes $(MINUTES)) $(foreach one,$(TARGET),--target $(one)) \
	  $(if $(INPUT),--input '$(INPUT)')

# atheris has wheels for Linux on x86_64 alone; elsewhere hypothesis fuzzes.
$(FUZZER): tests/fuzz/requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --upgrade --target $(VENV)/fuzz -r $<
	@touch $@

check: $(READY)  ## format, lint, types (the phone page's too), the compose file, known vulnerabilities
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python .ci/phone/check bridge/web/phone/static bridge/sandbox docs/examples
	$(BIN)/python .ci/audit $(BIN)/pip-audit requirements.lock $(VENV)/audited

format: $(READY)  ## rewrites the sources in the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(READY)  ## docs/reference/, from what the code says; the package's copy of config.yaml
	$(BIN)/python -m docs.generate

bench: $(READY)  ## the speed of all of it, beside what people run today; twelve minutes, ends with the goals
	$(BIN)/python -m benchmarks

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(UPGRADE)

vendor: $(READY)  ## the phone page's libraries, and axe-core of its tests, from npm, at the versions of vendor.json
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python .ci/vendor bridge/web/phone/static/vendor
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python .ci/vendor tests/phones/axe

app: $(READY)  ## the Twenty app, for each SDK: types, and that what ships is what app/ gives; SHIP=yes writes it
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python .ci/app $(if $(SHIP),ship,check) $(VENV)/app

pictures: $(READY)  ## those of the tutorial and of the phone, taken anew; needs Chromium
	PHONE_PICTURES=$(VENV) $(BIN)/python -m pytest tests/phones/test_calls.py -k "customer_is_called or customer_calls"
	mv $(VENV)/in-call.png $(VENV)/rings.png $(VENV)/desk.png docs/pictures/phone/
	TERM=xterm-256color $(BIN)/python -m tests.docs.pictures docs/tutorial.md

lock: $(READY)  ## the exact versions, from the bounds in pyproject.toml; UPGRADE=--upgrade takes newer ones
	$(COMPILE) pyproject.toml --extra dev --output-file requirements-dev.lock
	$(COMPILE) pyproject.toml --extra postgres --constraint requirements-dev.lock --output-file requirements.lock
	$(COMPILE) benchmarks/peers/fastapi/requirements.in --constraint requirements-dev.lock --output-file benchmarks/peers/fastapi/requirements.lock
	$(COMPILE) benchmarks/profiler/requirements.in --output-file benchmarks/profiler/requirements.lock
	$(COMPILE) tests/fuzz/requirements.in --output-file tests/fuzz/requirements.lock
	printf 'hatchling>=1.27,<2\neditables<1\n' | $(COMPILE) - --constraint requirements-dev.lock --output-file requirements-build.lock

release: $(READY)  ## wheel, sdist, SBOM and checksums of the last commit, into dist/; VERSION=1.2.0 names it before
	$(BIN)/python .ci/release dist $(VERSION)

clean:  ## forget the environment and the caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
