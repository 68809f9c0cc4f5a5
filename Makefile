# `make demo` and `make test` set up all that they need; see README.md.
.PHONY: setup setup-test setup-peers setup-bench demo test check format faults soak bench screens

PYTHON := .venv/bin/python
PHOTO ?=
# One more than there are processors, for tests of daemons mostly wait; at most 4.
WORKERS := $(shell n=$$(nproc); [ $$n -lt 4 ] && echo $$((n + 1)) || echo 4)

setup:
	@scripts/setup run

setup-test:
	@scripts/setup test

# ... and the peers of the long forms: the next release of OctoPrint.
setup-peers:
	@scripts/setup peers

# ... and the libraries that the measurements compare with.
setup-bench:
	@scripts/setup bench

# A photo goes through a real daemon to a virtual printer; results in demo-out/.
demo:
	@scripts/setup demo
	@$(PYTHON) -u scripts/demo.py $(if $(PHOTO),--photo "$(PHOTO)")

# Everything but the long forms and the measurements. What was compiled is kept whatever the
# environment says: else each process of a test compiles its own printd. Files run in their order:
# those that take long come first, and no process is alone with one of them at the end.
test: export PYTHONDONTWRITEBYTECODE :=
test: setup-test check
	$(PYTHON) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --ignore tests/bench --ignore tests/soak

check: setup-test
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy

format: setup-test
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

# The fault tests, and whatever else has a long form, at full length.
faults: setup-peers
	$(PYTHON) -m pytest -m "faults or full" --full --timeout=3600

bench: setup-bench
	$(PYTHON) -m pytest tests/bench -m bench -s --timeout=1800

# A thousand visits at the kiosk: nothing grows, no photo is left.
soak: setup-test
	$(PYTHON) -m pytest tests/soak -m soak --full --timeout=7200

# The pictures of the pages in docs/screens, taken of `printd run --demo`.
screens: setup-test
	$(PYTHON) scripts/screens.py
