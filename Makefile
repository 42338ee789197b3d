# `make app` and `make test` are all a fresh machine needs: each makes what it lacks, once.
PYTHON ?= python3.11
BIN := .venv/bin
PORT ?= 8501

.PHONY: app test check bench
.DEFAULT_GOAL := app

.venv/app.done: requirements.txt
	@echo "Creating .venv with what the app needs (requirements.txt) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev.done: requirements-dev.txt .venv/app.done
	@echo "Adding training, test and lint tools to .venv (requirements-dev.txt) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

app: .venv/app.done
	@echo "LungLens on http://localhost:$(PORT) - stop with Ctrl-C"
	@# Else glibc gives every thread a heap of its own, which several visitors at once pay for.
	@MALLOC_ARENA_MAX=2 $(BIN)/streamlit run streamlit_app.py --server.port $(PORT)

test: .venv/dev.done
	@echo "Running all tests with .venv ..."
	@$(BIN)/python -m pytest

check: .venv/dev.done
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: .venv/dev.done
	@$(BIN)/python -m scripts.bench
