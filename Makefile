# Two commands matter: `make demo` and `make test`.
.DEFAULT_GOAL := help
.PHONY: help setup demo check test bench sweep chaos images e2e clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
LOCK := requirements/torch.txt requirements/local.txt requirements/local-nodeps.txt
PRODUCT := littlegiants services pipelines tests

# of `make images`; the builder is called as `BUILDER build --tag NAME --file DOCKERFILE ... .`, and as `BUILDER push NAME`
IMAGES ?= generator trainer pipeline
PREFIX ?= littlegiants
# cpu or gpu; `PUSH=1` pushes what was built
PROFILE ?= cpu
PUSH ?=
# a base by its digest, where a registry tells it: VLLM_IMAGE=vllm/vllm-openai:v0.32.0@sha256:...
VLLM_IMAGE ?= vllm/vllm-openai:v0.32.0
on-python = $(if $(BASE_IMAGE),--build-arg BASE_IMAGE=$(BASE_IMAGE))
gpu-generator = --build-arg BASE_IMAGE=$(VLLM_IMAGE) --build-arg DEVICE=gpu --build-arg TORCHDYNAMO_DISABLE=0
gpu-trainer = --build-arg TORCH=cuda --build-arg TORCH_INDEX= $(on-python)
VERSION := $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' littlegiants/__init__.py)
BUILDER ?= $(notdir $(firstword $(foreach tool,docker podman buildah,$(shell command -v $(tool)))))
# what is pushed stands on a base by its digest; what stays here, on the one that this machine has under the tag
PYTHON_IMAGE ?= python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d
BASE_IMAGE ?= $(if $(PUSH),$(PYTHON_IMAGE))
BUILD_ARGS ?=
SIZES ?= $(BUILDER) images
# of `make sweep`: a folder or a repository of the hub, and flags of `python -m services.generator.sweep`
MODEL ?=
SWEEP ?=
# of `make e2e`: not empty adds the whole loop
LOOP ?=

help:  ## Show this help
	@sed -n 's/^\([a-z0-9]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

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

test: setup  ## Run every test but those of `check`, and those that take minutes or need a cluster
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder -m "not slow and not cluster" \
	    tests/unit tests/integration

bench: setup  ## Measure generator and teacher client against their peers; an idle machine takes 40 minutes
	$(BIN)/python -m tests.bench

sweep: setup  ## Measure how fast MODEL is written here, for `plan --rates rates.json` (SWEEP=... adds flags)
	$(BIN)/python -m services.generator.sweep --model $(MODEL) $(SWEEP)

chaos: setup  ## Kill the small loop 60 times, with a failing teacher: nothing lost, nothing paid twice
	$(BIN)/python -m tests.chaos

images: $(IMAGES:%=image-%)  ## Build the images with docker, podman or buildah (PROFILE=gpu, PREFIX=..., PUSH=1)
	$(SIZES) | grep -e SIZE -e $(PREFIX)/

image-%:
	$(BUILDER) build --tag $(PREFIX)/$*:$(VERSION) \
	    --file $(or $(wildcard images/$*/Dockerfile),tests/e2e/$(*:e2e-%=%)/Dockerfile) \
	    $(or $($(PROFILE)-$*),$(on-python)) --build-arg VERSION=$(VERSION) \
	    --build-arg REVISION=$(shell git rev-parse HEAD) $(BUILD_ARGS) .
	$(if $(PUSH),$(BUILDER) push $(PREFIX)/$*:$(VERSION))

e2e: setup  ## Install the chart on KUBECONFIG's cluster and try it there; it must have the images
	$(BIN)/python -m pytest -m "$(if $(LOOP),cluster,cluster and not slow)" tests/e2e

clean:  ## Remove caches and what the demo made; keep .venv
	rm -rf runs models .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -path ./.venv -prune -o -name __pycache__ -exec rm -rf {} +
