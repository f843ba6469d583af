# `make run` and `make test` are all a newcomer needs.
.PHONY: run test check format setup lock clean
PY := .venv/bin/python

run: ## everything on this machine; ARGS="--for 60s --json" passes arguments on
	@scripts/setup default
	@.venv/bin/anpr up $(ARGS)

test: ## the whole suite with real services; ARGS="-k name" passes arguments on
	@scripts/setup dev
	@scripts/setup-test-services
	@scripts/test $(ARGS)

check: ## format, lint, types, import contracts, publiccode.yml, licence of each file
	@scripts/setup dev
	@scripts/check

format:
	@scripts/setup dev
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

setup:
	@scripts/setup dev

lock: ## write requirements/*.txt anew
	@scripts/lock

clean:
	rm -rf .venv .cache var
