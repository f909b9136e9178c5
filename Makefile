# Two commands matter: `make demo` and `make test`.
.DEFAULT_GOAL := help
.PHONY: help setup demo check test bench chart clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
LOCK := requirements/torch.txt requirements/local.txt requirements/local-nodeps.txt
PRODUCT := littlegiants services pipelines tests

help:  ## Show this help
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

setup: .venv/ready  ## Install the locked environment into .venv

.venv/ready: $(LOCK) pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --constraint requirements/local.txt --requirement requirements/torch.txt
	$(BIN)/python -m pip install --no-deps --requirement requirements/local.txt
	$(BIN)/python -m pip install --no-deps --requirement requirements/local-nodeps.txt
	$(BIN)/python -m pip install --no-deps --no-build-isolation --editable .
	touch $@

demo: setup  ## Run the whole loop on this machine into runs/demo; run it again to continue
	$(BIN)/python -m pipelines run --recipe laptop --run runs/demo

check: setup  ## Lint, types, import rules, protos, and the repository's promises
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy $(PRODUCT)
	$(BIN)/lint-imports
	$(BIN)/buf lint protos
	$(BIN)/python -m pytest --quiet tests/contract

test: setup  ## Run every test but those that take minutes or need a cluster
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "not slow and not cluster"

bench: setup  ## Measure the generator service against its peers; an idle machine takes half an hour
	$(BIN)/python -m tests.bench

chart: setup  ## Write what is generated in the Helm chart, then check it; needs npm
	$(BIN)/python charts/generate.py
	$(BIN)/python -m pytest --quiet tests/contract/chart

clean:  ## Remove caches and what the demo made; keep .venv
	rm -rf runs models .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -path ./.venv -prune -o -name __pycache__ -exec rm -rf {} +
