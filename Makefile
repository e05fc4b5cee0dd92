# The two commands are `make demo` and `make test`; both prepare .venv by themselves.
# Plain pip, so that an index mirror or find-links set up through PIP_* variables or pip.conf is used as it is.

PYTHON ?= python3
BIN := .venv/bin
# PyTorch's CPU build has an index of its own; it is asked only where the configured sources lack the wheel.
TORCH_CPU_INDEX := https://download.pytorch.org/whl/cpu
TORCH := $(shell sed -n 's/^\(torch==[^ ]*\).*/\1/p' deploy/locked/cpu.txt)

# Where a container forbids bytecode, torch and vLLM would be compiled anew at every start: half of what it takes.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test bench install lint types lock clean
.DELETE_ON_ERROR:

demo: install
	@$(BIN)/copydesk demo

test: install lint types
	$(BIN)/python -m pytest

# Takes long; one bench by itself: .venv/bin/python -m tests.bench bulk
bench: install
	$(BIN)/python -m tests.bench

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

install: .venv/installed

.venv/installed: deploy/locked/cpu.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "copydesk needs Python 3.11, 3.12 or 3.13; name one with: make PYTHON=python3.12"; exit 1; }
	@echo "Installing into .venv (about a minute the first time) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --no-deps --no-compile "$(TORCH)" 2>.venv/torch.log || \
	  $(BIN)/python -m pip install -qq --no-deps --no-compile --index-url $(TORCH_CPU_INDEX) "$(TORCH)" || \
	  { cat .venv/torch.log; exit 1; }
	@$(BIN)/python -m pip install -qq --no-deps --no-compile -r deploy/locked/cpu.txt
	@$(BIN)/python -m pip install -qq --no-deps --no-compile --no-build-isolation --editable .
	@touch $@

# Both locks, resolved anew from pyproject.toml. Python 3.13 needs `whenever` besides, which the 3.11 resolution lacks.
lock: install
	@$(BIN)/python -m pip install -qq uv
	@{ sed -n '/^#/p' deploy/locked/cpu.txt; UV_FIND_LINKS="$${PIP_FIND_LINKS:-}" $(BIN)/uv pip compile pyproject.toml \
	  --quiet --upgrade --extra cpu --extra privacy --group dev --python-version 3.11 --extra-index-url $(TORCH_CPU_INDEX) \
	  --index-strategy unsafe-best-match --no-header --no-annotate; \
	  grep '^whenever' deploy/locked/cpu.txt; } > .venv/cpu.txt && mv .venv/cpu.txt deploy/locked/cpu.txt
	@{ sed -n '/^#/p' deploy/locked/gpu.txt; $(BIN)/uv pip compile pyproject.toml --universal \
	  --quiet --upgrade --extra gpu --extra privacy --python-version 3.11 --no-header --no-annotate; } > .venv/gpu.txt && \
	  mv .venv/gpu.txt deploy/locked/gpu.txt

clean:
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis
