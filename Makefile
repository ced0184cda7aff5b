# Every target sets up what it needs first; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
PORT ?= 5000

# The stages of dvc.yaml call `python`: that of the virtual environment.
OUTSIDE_PATH := $(PATH)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export VIRTUAL_ENV := $(CURDIR)/.venv
unexport PYTHONHOME

# Nothing calls home, and no library opens a window.
export DO_NOT_TRACK := 1
export DVC_NO_ANALYTICS := 1
export GX_ANALYTICS_ENABLED := false
export HF_HUB_DISABLE_TELEMETRY := 1
export MLFLOW_DISABLE_TELEMETRY := true
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION := false
export MPLBACKEND := Agg
export NO_ALBUMENTATIONS_UPDATE := 1

.PHONY: help setup repro test test-fast lint format docs pins release release-weights gpu ui dashboard clean

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 20

setup: .venv/.ready ## the virtual environment .venv with the exact versions of constraints.txt

.venv/.ready: export PATH := $(OUTSIDE_PATH)
.venv/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "hairline needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || echo not there)." >&2; \
	  echo "Name another one: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments: its venv or ensurepip module is missing." >&2; \
	  echo "On Debian and Ubuntu: sudo apt-get install python3-venv python3-dev g++ make git" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
	.venv/bin/uv pip install --compile-bytecode -c constraints.txt -e '.[all,docs,dev]'
	@touch $@

repro: .venv/.ready ## the main job: run what changed of the DAG, then print the comparison and where the report lies
	dvc repro
	@hairline summary

# One thread each in two processes: most of the time goes to starting stages, and waiting threads would steal from it.
# In the order that tests/conftest.py gives the files, so that both processes end at the same time.
test test-fast: export OMP_NUM_THREADS ?= 1
test test-fast: export HF_HUB_OFFLINE := 1

test: .venv/.ready ## every test (some 18 minutes on 2 cores)
	python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-fast: .venv/.ready ## the tests without those marked slow
	python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow" $(ARGS)

lint: .venv/.ready ## ruff, formatting, types, import rules
	ruff check .
	ruff format --check .
	mypy
	lint-imports --no-logo

format: .venv/.ready ## repair what ruff can repair
	ruff check --fix .
	ruff format .

docs: .venv/.ready ## the site of the documentation, build/site/index.html: strictly, every link tried, nothing from elsewhere
	python tools/docs_site.py

pins: .venv/.ready ## renew constraints.txt: the newest versions that pyproject.toml allows, extras included
	uv pip compile --quiet --upgrade --all-extras --no-annotate --custom-compile-command "make pins" \
	  pyproject.toml -o constraints.txt

release: .venv/.ready ## wheel and source archive in dist/, built and tried; says what to push and pushes nothing
	python tools/release.py $(ARGS)

release-weights: .venv/.ready ## train the network that ships, from generated images alone (the same bytes? ARGS=--check)
	python tools/release_weights.py $(ARGS)

gpu: .venv/.ready ## measure everything on this machine's GPU in 8 minutes (pictures: benchmarks/gpu_pack.py; ARGS=--dry)
	python benchmarks/gpu.py $(if $(wildcard gpu-pack),--pack gpu-pack) $(ARGS)
	python benchmarks/gpu_table.py $$(ls -t benchmarks/results/gpu-*.json | head -n 1)

ui: .venv/.ready ## browse the runs in MLflow on 127.0.0.1 (PORT=5000)
	@python tools/mlflow_links.py $(PORT)
	mlflow ui --host 127.0.0.1 --port $(PORT) --workers 1 \
	  --backend-store-uri sqlite:///mlruns/mlflow.db --artifacts-destination mlruns/artifacts

dashboard: .venv/.ready ## browse the studies in optuna-dashboard on 127.0.0.1 (PORT=8080)
	@test -n "$${HAIRLINE_STUDY_STORAGE:-}" || ls state/studies/*.db >/dev/null 2>&1 || { \
	  echo "There is no study yet: 'dvc repro tune@NAME' makes state/studies/EXPERIMENT.db." >&2; exit 1; }
	optuna-dashboard --host 127.0.0.1 --port $(if $(filter 5000,$(PORT)),8080,$(PORT)) \
	  $${HAIRLINE_STUDY_STORAGE:-sqlite:///$$(ls -t state/studies/*.db | head -n 1)}

clean: ## remove the tools' caches (data, models, reports, runs and .venv stay)
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src pipeline tests -name __pycache__ -type d -prune -exec rm -rf {} +
