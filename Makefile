# SPDX-License-Identifier: AGPL-3.0-or-later
# `make run` and `make test` are all a newcomer needs; `make help` lists the rest.
#
# ARGS passes arguments on: make run ARGS="--for 60s --json". Benchmarks, reliability runs and `docs` take
# ARGS=--quick (at most a minute) and end standard output with one line of JSON; progress goes to standard error.
.PHONY: help run test test-fast check format setup lock clean sbom docs \
        benchmark-reader benchmark-speed benchmark-centre benchmark-alarms benchmark-search \
        benchmark-forward benchmark-town board chaos forward-faults hostile soak fuzz fuzz-answers
.DEFAULT_GOAL := run
PY := .venv/bin/python

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## everything on this machine; ARGS="--for 60s --json"
	@scripts/setup default
	@.venv/bin/anpr up $(ARGS)

test: ## the whole suite with real services and the full budget of property tests; ARGS="-k name"
	@scripts/setup dev
	@scripts/setup-test-services
	@scripts/test-all --hypothesis-profile=full $(ARGS)

test-fast: ## unit tests that load no model and start no service, in a minute; ARGS="-k name"
	@scripts/setup dev
	@scripts/test tests/unit -m "not slow" --hypothesis-profile=fast -n auto $(ARGS)

check: ## format, lint, types, import contracts, publiccode.yml, licence of each file
	@scripts/setup dev
	@scripts/check

format: ## reformat and fix what can be fixed
	@scripts/setup dev
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

setup: ## make .venv for development
	@scripts/setup dev

lock: ## write requirements/*.txt anew
	@scripts/lock

clean: ## remove .venv, caches and data
	rm -rf .venv .cache var

sbom: ## bill of materials (CycloneDX) and docs/dependencies.md; ARGS="--set reader"
	@scripts/setup dev
	@$(PY) -m scripts.checks.sbom $(ARGS)

docs: ## write every generated page and schema of docs/; ARGS=--check
	@scripts/setup dev
	@$(PY) -m scripts.docs.write $(ARGS)

benchmark-reader: ## this reader and its peers on images with known plates; ARGS="--quick FOLDER…"
	@scripts/setup dev
	@$(PY) -m scripts.benchmarks.reader.images $(ARGS)

benchmark-speed: ## the reader's ms per stage and cameras per core; ARGS=--quick
	@scripts/setup dev
	@$(PY) -m scripts.benchmarks.reader.speed $(ARGS)

benchmark-centre: ## ingest, alarms and queries with real Kafka and PostgreSQL; ARGS="--quick ingest alarms"
	@scripts/setup dev
	@$(PY) -m scripts.benchmarks.centre.run $(ARGS)

benchmark-search: ## searches over a month of transits, with plans; ARGS="--quick --rows N --folder DIR --plans DIR"
	@scripts/setup dev
	@$(PY) -m scripts.benchmarks.centre.searches $(ARGS)

benchmark-alarms: ## live alarms from commit and from the gate's frame to the boards, a list's preview; ARGS="--quick --before CHECKOUT"
	@scripts/setup dev
	@$(PY) -m scripts.benchmarks.centre.alarm_screen $(ARGS)

benchmark-forward: ## forwarding: layout, folder, SFTP beside OpenSSH's client, web service; ARGS="--quick --before CHECKOUT"
	@scripts/setup dev
	@$(PY) -m scripts.benchmarks.centre.forwarding $(ARGS)

benchmark-town: ## a drawn town: convoys, common vehicles and cloned plates are found; ARGS="--quick"
	@scripts/setup dev
	@$(PY) -m scripts.benchmarks.town $(ARGS)

hostile: ## one reader floods the broker; ARGS="--quick --amount 100000"
	@scripts/setup dev
	@$(PY) -m scripts.reliability.hostile.run $(ARGS)

chaos: ## kill and cut off everything, then verify that nothing was lost; ARGS="--quick --seed 1"
	@scripts/setup dev
	@$(PY) -m scripts.reliability.chaos.run $(ARGS)

forward-faults: ## a day forwarded with cuts, kills and a full disk: ledger against office; ARGS="--quick --way sftp"
	@scripts/setup dev
	@$(PY) -m scripts.reliability.forwarding.run $(ARGS)

soak: ## one reader for long: does its memory grow? ARGS="--quick"
	@scripts/setup dev
	@$(PY) -m scripts.reliability.soak.run $(ARGS)

board: ## alarms arrive in a browser under an operator's hand: wrong clicks, lost letters; ARGS="--quick"
	@scripts/setup dev
	@$(PY) -m scripts.reliability.board.run $(ARGS)

fuzz-answers: ## thousands of broken replies, receipts and HTTP; ARGS="--quick --seed 1"
	@scripts/setup dev
	@$(PY) -m scripts.reliability.answers.run $(ARGS)

fuzz: ## thousands of broken images for `anpr read`; ARGS="--quick --seed 1"
	@scripts/setup dev
	@$(PY) -m scripts.reliability.fuzz.run $(ARGS)
