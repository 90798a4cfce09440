# Each target does its own set-up; `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Where a company's own authority stands before the package index, only the system knows it.
export UV_SYSTEM_CERTS ?= 1
SUITES ?= bookworm trixie

.PHONY: help setup demo test lint lock lab recordings bench bench-chaos bench-faults bench-fix bench-gate bench-harm bench-seed bench-speed soak docs site dist deb clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:
	@scripts/setup

demo: setup ## break a real api-gateway as the seed's incident did; check, diagnose, fix, prove, report
	@python -m tests.demo

test: setup ## all tests; what cannot run here is said with counts
	@python -m tests

lint: setup ## ruff, mypy strict, import-linter, generated pages
	@ruff check . && ruff format --check . && mypy && lint-imports && python -m scripts.rule_pages --check && python -m scripts.conditions_page --check && python -m scripts.screens_page --check && python -m scripts.config_example --check && python -m scripts.reference --check

docs: setup ## write docs/rules, docs/reference, docs/screens.md, docs/what-proven-means.md and the example of liveproof.toml
	@python -m scripts.rule_pages && python -m scripts.conditions_page && python -m scripts.screens_page && python -m scripts.config_example && python -m scripts.reference

site: docs ## all of docs as a static site in build/site, read without network; a link that leads nowhere fails
	@python -m scripts.site

lock: setup ## lock the dependencies anew, with hashes and without an index
	@uv pip compile -q --upgrade --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements/runtime.txt
	@uv pip compile -q --upgrade --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-annotate --no-header --extra sign pyproject.toml requirements/dev.in -o requirements/dev.txt
	@uv pip compile -q --upgrade --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-annotate --no-header requirements/installers.in -o requirements/installers.txt

lab: setup ## how to start disposable hosts by hand
	@python -m tests.lab

recordings: setup ## write tests/recorded again from real hosts (RULES="LAR001 FIL003" only these; SUITES=…)
	@python -m tests.recorded $(SUITES) $(RULES)

bench: bench-speed bench-seed bench-faults bench-harm bench-chaos ## all benchmarks but bench-fix, which takes long

bench-faults: setup ## every rule on real hosts: silent, found, root, fixed, rolled back (SUITES=… FPM=debian)
	@python -m benchmarks.faults $(SUITES) --fpm $(or $(FPM),tuned)

bench-fix: setup ## on a stock PHP-FPM: fixed without asking, and requests lost; 90 minutes, not in bench (PART=… SUITE=…)
	@python -m benchmarks.fix $(PART) --suite $(or $(SUITE),bookworm)

bench-gate: setup ## liveproof gate on real hosts: ways of deploying and their faults, seconds to the verdict (PART= SUITE=)
	@python -m benchmarks.gate

bench-harm: setup ## nothing damaged, leaked or left on real hosts (PART= SEED= ROUNDS= HARM=short)
	@python -m benchmarks.harm

soak: setup ## liveproof watch on real hosts: told in time, floods, kills, trouble (PART= SEED= ROUNDS= SOAK=short)
	@python -m benchmarks.soak

bench-chaos: setup ## hosts broken at random: PROVEN must survive a cold restart (N=200 SEED= PART= CHAOS=short)
	@ROUNDS=$(or $(N),$(ROUNDS),200) python -m benchmarks.chaos

bench-seed: setup ## the seed's own script and commands beside liveproof
	@python -m benchmarks.seed $(SUITES)

bench-speed: setup ## ratios against named peers; status 1 where a bound is missed
	@python -m benchmarks.speed

dist: setup ## in dist: wheel, sdist, and wheels with INSTALL.txt to install without network, CPython 3.11 to 3.14
	@python -m scripts.dist

deb: setup ## Debian packages with their own libraries, in dist, checked by lintian (SUITES=…)
	@python -m scripts.deb $(SUITES)

clean: ## remove the environment (root file systems of the lab stay in their cache)
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
