# NetSniff.K8s. `make` alone tells what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
CONFIGURATION ?= Release
CORPUS ?= ../shared/corpus
ORACLE_DIFF ?= ../shared/tools/oracle_diff.py
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

FUZZ_SECONDS ?= 300
FUZZ_SEED ?=
FUZZ_TARGET ?=
FUZZ_CASES ?= 250
OVERLOAD_SECONDS ?= 300
SWARM_SECONDS ?= 180
E2E_NODES ?= 3
E2E_ARGUMENTS ?=
OVERLOAD_MIB ?= 192
FUZZ_DEBUG := fuzz/bin/Debug/net10.0/netsniff-fuzz
FUZZ_RELEASE := fuzz/bin/Release/net10.0/netsniff-fuzz

.PHONY: chaos bench-pipeline
.PHONY: help demo test build oracles bench bench-scaling bench-live bench-instructions bench-profiling profile fuzz fuzz-replay fuzz-diff torture variants matrix
.PHONY: overload chaos-api swarm fmt check clean golden docs crds e2e images cluster-up cluster-down charts

help: ## what there is
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## a small shop in network namespaces, sniffed live
	@tools/install.sh demo
	@bin/netsniff demo

test: ## every test; the last line counts them
	@tools/install.sh test
	@tools/test.sh

build: ## the program, at bin/netsniff
	@tools/build.sh $(CONFIGURATION)

oracles: build ## agreement with tshark, Suricata and nDPI over the corpus beside the checkout
	@test -d $(CORPUS) || { echo "no corpus at $(CORPUS): set CORPUS"; exit 1; }
	@mkdir -p artifacts
	python3 $(ORACLE_DIFF) --corpus $(CORPUS) --cmd "bin/netsniff read {file} -o eve" \
		--json artifacts/oracles.json --show 15

bench: ## our speed beside other programs' (BENCH_PEERS=0: without the slow ones)
	@tools/install.sh bench
	@tools/build.sh $(CONFIGURATION)
	@bench/run.sh compare

bench-scaling: build ## two shards against one
	@bench/run.sh scaling

bench-pipeline: build ## from packets to rows in a worker's store (root)
	@bench/run.sh pipeline

chaos: build ## faults in sensors and workers, and what is left counted (root)
	@tools/install.sh chaos
	@python3 e2e/chaos.py

e2e: build $(FUZZ_RELEASE) ## everything on a real Kubernetes of E2E_NODES nodes on this machine (root), or on E2E_KUBECONFIG's
	@NETSNIFF_KUBE_BUILD=1 python3 e2e/kubernetes/run.py --nodes $(E2E_NODES) $(E2E_ARGUMENTS)

images: ## the container images, into artifacts/images (root)
	@tools/images.sh

cluster-up: ## a Kubernetes of E2E_NODES nodes on this machine (root); says its kubeconfig
	@NETSNIFF_KUBE_BUILD=1 e2e/cluster/up.sh $(E2E_NODES)

cluster-down: ## and away with it
	@e2e/cluster/down.sh

profile: build ## what runs how often, for the compilers: profiles/*.mibc; then build again
	@bench/run.sh profile

bench-live: ## live capture at a generator's maximum (root)
	@tools/install.sh bench
	@tools/build.sh $(CONFIGURATION)
	@bench/run.sh live

bench-instructions: build ## instructions a packet by function, which a busy machine does not change (BENCH_TRACES, BENCH_OUTPUT)
	@bench/run.sh instructions

bench-profiling: ## what a flame graph costs the program it looks into, by either way; draws artifacts/flamegraph*.svg
	@dotnet build bench/NetSniff.Bench.csproj -c Release -v quiet -clp:NoSummary
	@mkdir -p artifacts
	@bench/bin/Release/net10.0/netsniff-bench profiling cli/Commands/Demo/Shop/shop.pcapng.gz artifacts

fuzz: $(FUZZ_DEBUG) ## changed bytes into every parser for FUZZ_SECONDS, with asserts in; FUZZ_TARGET names some
	@$(FUZZ_DEBUG) run --seconds $(FUZZ_SECONDS) --seed "$(FUZZ_SEED)" --target "$(FUZZ_TARGET)"

fuzz-replay: $(FUZZ_DEBUG) ## runs a finding again: FILE=fuzz/findings/NAME.bin
	@$(FUZZ_DEBUG) replay $(FILE)

fuzz-diff: $(FUZZ_RELEASE) ## changed captures through us and tshark, differences by cause
	@tools/install.sh fuzz
	@$(FUZZ_RELEASE) diff --cases $(FUZZ_CASES)

torture: $(FUZZ_RELEASE) ## every capture whole, cut at every 97th byte, and with bits flipped
	@$(FUZZ_RELEASE) torture

variants: $(FUZZ_RELEASE) ## connections of the corpus in other segments, orders and tunnels say the same
	@$(FUZZ_RELEASE) variants

matrix: $(FUZZ_RELEASE) ## no parser claims a flow of another protocol
	@$(FUZZ_RELEASE) matrix

chaos-api: $(FUZZ_RELEASE) ## 1,000 slow followers, some that never read, fuzzed requests and SQL bombs against a worker
	@$(FUZZ_RELEASE) storm --followers 1000 --seconds 60

swarm: build $(FUZZ_RELEASE) ## 120 sensors for SWARM_SECONDS against three workers: memory, shares, nothing lost
	@python3 e2e/swarm.py --seconds $(SWARM_SECONDS) --driver $(FUZZ_RELEASE)

.PHONY: $(FUZZ_DEBUG) $(FUZZ_RELEASE)
$(FUZZ_DEBUG):
	@dotnet build fuzz -c Debug -v quiet -clp:NoSummary

$(FUZZ_RELEASE):
	@dotnet build fuzz -c Release -v quiet -clp:NoSummary

overload: ## a sensor is offered ten times too much for OVERLOAD_SECONDS, within OVERLOAD_MIB of memory
	@dotnet build tests/NetSniff.Tests.csproj -c Release -v quiet -clp:NoSummary
	@tests/bin/Release/net10.0/NetSniff.Tests --child overload $(OVERLOAD_SECONDS) $(OVERLOAD_MIB)

fmt: ## puts the code in the house's form
	dotnet format NetSniff.K8s.sln

check: ## what CI runs
	@.ci/run

golden: ## writes the answers to the captures under tests/ anew; read the difference
	@dotnet build tests/NetSniff.Tests.csproj -c Release -v quiet -clp:NoSummary
	@NETSNIFF_GOLDEN=write tests/bin/Release/net10.0/NetSniff.Tests -noLogo -class NetSniff.Tests.Protocols.GoldenTests
	@git status --short -- "tests/**/*.jsonl"

crds: build ## the definitions of our kinds under crds/, made from the types in kube/Resources
	@bin/netsniff crds crds
	@tools/charts.py

charts: ## what of charts/netsniff is made from something else, and what its tests know by heart; read the difference
	@tools/charts.py
	@dotnet build tests/NetSniff.Tests.csproj -c Release -v quiet -clp:NoSummary
	@NETSNIFF_GOLDEN=write tests/bin/Release/net10.0/NetSniff.Tests -noLogo -class NetSniff.Tests.Charts.RenderTests
	@git status --short -- charts docs tests/charts

docs: build ## the generated pages under docs/
	@bin/netsniff docs >docs/protocols.md

clean: ## removes what was built
	@rm -rf bin artifacts
	@find . -type d \( -name obj -o -name bin \) -not -path './.git/*' -prune -exec rm -rf {} +
