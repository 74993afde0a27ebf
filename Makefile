# Every target works alone on a machine that has Python 3.11+ and make.
PYTHON ?= python3
CORES ?= all
BIN := .venv/bin
STAMP := .venv/.installed

# A virtual environment that somebody else activated, or a PYTHONPATH, must not leak in.
unexport PYTHONPATH
unexport VIRTUAL_ENV
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: setup reproduce test test-slow newcomer lint format docs ui compare reference lock clean help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## create .venv with the pinned packages and install tabmixnn into it

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else \
	  f"Python 3.11 or newer is needed and {sys.executable} is {v.major}.{v.minor}: name another one with PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $(STAMP)

reproduce: setup ## fetch, fit, log and render everything (results/)
	$(BIN)/python workflow/scripts/unlock.py
	$(BIN)/snakemake --cores $(CORES) --workflow-profile workflow/profiles/default

test: setup lint ## lint, then every test but the slow ones
	$(BIN)/python -m pytest -n 2 --dist loadscope -m "not slow"

test-slow: setup ## the tests that take minutes
	$(BIN)/python -m pytest -m slow

newcomer: ## install into an empty environment, and fit, explain, save and read a model there
	PYTHON=$(PYTHON) sh tests/newcomer.sh

lint: setup ## ruff, snakefmt and snakemake's own linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

format: setup ## rewrite the sources in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

docs: setup ## build the user guide (docs/_build/html/index.html), running its code
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html

ui: setup ## open the MLflow UI on the runs of results/mlflow/mlflow.db
	$(BIN)/mlflow ui --backend-store-uri sqlite:///results/mlflow/mlflow.db

compare: setup ## how results/ differs from the committed reference run, cell by cell
	$(BIN)/python workflow/scripts/compare.py

reference: setup ## make results/ the committed reference run
	$(BIN)/python workflow/scripts/reference.py

lock: setup ## write requirements.lock from what .venv holds
	$(BIN)/python -m pip freeze --exclude-editable \
	  | sed -E 's/\+cpu$$//; s/^(nvidia-.*)$$/\1 ; platform_system == "Linux"/' > requirements.lock

clean: ## remove what the workflow made, keep the environment
	find results -mindepth 1 -maxdepth 1 ! -name reference ! -name README.md -exec rm -rf {} +
	rm -rf data/raw data/prepared data/splits data/splits_again data/streamed
