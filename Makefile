# Two commands from nothing: `make hil` proves a model on QEMU, `make test` runs every test.
# Each does the set-up that it needs first, once; `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PLATFORM ?= mps2-an500
TARGET ?= qemu
VENV := .venv
BIN := $(VENV)/bin
DATA := build/data
# What users run: true of any model on any firmware. `pytest --pyargs tinyml_hil.suite`, elsewhere.
SUITE := harness/tinyml_hil/suite
IMAGES := $(DATA)/cifar10-first20/test_batch.bin
# The model that the peers were measured with.
IC01 := $(DATA)/models/ic01.tflite
EXTRAS := dev,references,robot,postgresql,coverage,campaign,cluster,labgrid
# What a run needs, and what the project's own tests need besides.
RUN_PACKAGES := gcc libc6-dev gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm python3-venv
TEST_PACKAGES := clang libclang-rt-dev clang-format clang-tidy cppcheck
# The first Python that is new enough; Debian 12 and Ubuntu 24.04 have one, Ubuntu 22.04 gets 3.11.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

.PHONY: hil
hil: ready ## prove the default model on QEMU: every image, bit for bit
	$(BIN)/pytest --target=$(TARGET) $(ARGS)

# However busy the machine is: a device is no less right for it.
test: export TINYML_HIL_REPLY_TIMEOUT = 300

.PHONY: test
test: setup ## every test but the night's: the harness, the engine, the report; suite and firmware on QEMU, and on Renode if there is one
	$(BIN)/pytest -n auto -m "not nightly" --target=qemu tests/unit tests/browser tests/device tests/parity $(SUITE) $(ARGS)
	$(BIN)/pytest -n auto --dist loadfile tests/package $(ARGS)
	$(BIN)/pytest -n auto --target=qemu --model=$(IC01) tests/device/test_ic01.py tests/device/test_known_accuracy.py $(SUITE) $(ARGS)
	@if [ -n "$(TINYML_HIL_TFLM)" ]; then \
		$(BIN)/pytest -n auto --target=qemu --engine=tflm --model=$(IC01) tests/device/test_engine_tflm.py $(SUITE) $(ARGS); \
	else \
		echo "NOT RUN: TensorFlow Lite for Microcontrollers on the device: set TINYML_HIL_TFLM to your checkout"; \
	fi
	@echo "LEFT TO THE NIGHT: more models, ways to die, paths, the page on keywords (make test-nightly)"
	@if $(BIN)/tinyml-hil doctor --target renode; then \
		$(BIN)/pytest -n auto --target=renode tests/device $(SUITE) $(ARGS); \
	else \
		echo "NOT RUN: suite and firmware on Renode, which is not installed (make renode)"; \
	fi

.PHONY: test-nightly
test-nightly: export TINYML_HIL_REPLY_TIMEOUT = 300
test-nightly: setup ## what make test leaves to the night, on QEMU: more models, ways to die, paths, the page on keywords
	$(BIN)/pytest -n auto -m nightly --target=qemu tests/unit $(ARGS)

# What builds no firmware and starts no simulator or browser, for the loop at the desk.
.PHONY: test-fast
test-fast: setup ## the tests that need no simulator and build nothing: under two minutes
	$(BIN)/pytest -n auto -m "not slow" tests/unit $(ARGS)

.PHONY: robot
robot: setup ## Robot Framework suites on TARGET=qemu, renode or board; with a Renode, its own too
	$(BIN)/robot --outputdir build/robot --xunit junit.xml --variable TARGET:$(TARGET) $(ARGS) robot_tests
	@elf=$$($(BIN)/tinyml-hil build --target renode | grep '\.elf$$'); \
	PATH="$(CURDIR)/$(BIN):$$PATH" robot_tests/renode/run "$$elf" build/robot/renode || \
		{ [ $$? = 77 ] && echo "NOT RUN: robot_tests/renode"; }

# A bare container has no certificates to check a download with.
.PHONY: renode
renode: $(BIN)/tinyml-hil ## install the pinned Renode into build/renode, for --target=renode
	@fixtures/install-system-packages ca-certificates
	$(BIN)/tinyml-hil install-renode

# From its repository: it is not on PyPI.
.PHONY: pyrenode
pyrenode: $(BIN)/tinyml-hil ## install pyrenode3, for --renode-driver=pyrenode
	@fixtures/install-system-packages ca-certificates git
	@$(call INSTALL,'.[pyrenode]')

.PHONY: nightly
nightly: setup ## all of it on TARGET=qemu, renode or board: suite, budgets, DATASET=path, parity, trend
	TARGET=$(TARGET) DATASET=$(DATASET) ci/nightly $(ARGS)

# A run that does not keep its budgets is what a new baseline is for; baseline update refuses others.
.PHONY: baseline
baseline: ready ## record a new baseline for TARGET from the default data set
	$(BIN)/tinyml-hil evaluate --target $(TARGET) $(ARGS) || [ $$? = 1 ]
	$(BIN)/tinyml-hil baseline update

.PHONY: lint
lint: setup ## format, lint and types: ruff, mypy --strict, clang-format, cppcheck, clang-tidy
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	clang-format --dry-run --Werror $$(git ls-files 'firmware/*.[ch]' 'firmware/*.cc' 'platforms/*/bsp/*.[ch]' 'tests/*.[ch]')
	firmware/test/analyze

.PHONY: format
format: setup ## rewrite the sources in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	clang-format -i $$(git ls-files 'firmware/*.[ch]' 'firmware/*.cc' 'platforms/*/bsp/*.[ch]' 'tests/*.[ch]')

.PHONY: firmware
firmware: ready ## build the firmware: PLATFORM=mps2-an500 MODEL=path.tflite
	$(BIN)/tinyml-hil build --platform $(PLATFORM) $(if $(MODEL),--model $(MODEL)) $(ARGS)

.PHONY: report-picture
report-picture: setup ## docs/images/report.png, of a real run: ARGS="--dataset PATH --images 1000"
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m tests.browser.picture docs/images/report.png $(ARGS)

.PHONY: fuzz
fuzz: setup ## look for what breaks engine, console or report: TIME=600 seconds each, ends at a find
	$(BIN)/python -m tests.unit.damage $(or $(TIME),600)
	$(BIN)/python -m tests.unit.fuzzing $(or $(TIME),600)

.PHONY: bench
bench: setup ## the engine beside TFLM, layer by layer; images per second on QEMU; downloads and start-up
	$(BIN)/python -m bench.engine
	$(BIN)/python -m bench.throughput $(ARGS)
	$(BIN)/python -m bench.package

.PHONY: train
train: setup ## train the CIFAR-10 model again: ARGS="--data path/to/cifar-10-batches-bin"
	$(BIN)/python -m fixtures.train $(ARGS)

.PHONY: sweep
sweep: setup ## N random models on the host, DEVICE_N of them on QEMU, too, against LiteRT
	$(BIN)/python -m tests.sweep --models $(or $(N),5000) --device-models $(or $(DEVICE_N),250) $(ARGS)

.PHONY: doctor
doctor: $(BIN)/tinyml-hil ## what is installed, what is missing, what fixes it
	$(BIN)/tinyml-hil doctor

.PHONY: setup
setup: test-system ready $(VENV)/.complete $(DATA)/.complete ## all of the set-up, and nothing else

# What `make hil` needs, and no more of it: not TensorFlow, Robot Framework, PostgreSQL, the linters.
.PHONY: ready
ready: $(BIN)/tinyml-hil $(IMAGES)

# Debian and Ubuntu packages, installed only where one is missing.
.PHONY: run-system test-system
run-system:
	@fixtures/install-system-packages $(RUN_PACKAGES)
test-system:
	@fixtures/install-system-packages $(RUN_PACKAGES) $(TEST_PACKAGES)

# Order-only on the system: python3-venv has to be there first, but does not make a new environment.
# Not compiled beforehand: most of what is installed is never imported.
INSTALL = $(BIN)/pip install --no-compile --disable-pip-version-check -c requirements.txt \
	-e $(1) | sed -un 's/^\(Collecting\|Installing\) /  &/p'

$(BIN)/tinyml-hil: pyproject.toml requirements.txt | run-system
	@test -n "$(PYTHON)$$(command -v python3.11)" || { echo "error: Python 3.11 or newer is needed" >&2; exit 1; }
	@echo "setting up $(VENV) with what a run needs (116 MB to download, once)"
	@$(or $(PYTHON),python3.11) -m venv $(VENV)
	@$(call INSTALL,.)
	@touch $@

$(VENV)/.complete: pyproject.toml requirements.txt | $(BIN)/tinyml-hil
	@echo "setting up $(VENV) with what the project's own tests need (a few minutes, once)"
	@$(call INSTALL,'.[$(EXTRAS)]')
	@touch $@

$(IMAGES): | $(BIN)/tinyml-hil
	@$(BIN)/python -m fixtures.fetch build images

$(DATA)/.complete: fixtures/fetch.py | $(BIN)/tinyml-hil
	$(BIN)/python -m fixtures.fetch build images ic01
	@touch $@

.PHONY: clean
clean: ## remove what was built, keep what was downloaded
	rm -rf build/firmware build/host build/logs build/renode-snapshots

.PHONY: distclean
distclean: ## remove everything that the set-up made
	rm -rf build $(VENV) *.egg-info
