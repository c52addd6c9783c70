# Everything a person or a CI calls. The first target lists them.
SHELL   := /bin/bash
GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BUILT   ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
LDFLAGS := -X main.version=$(VERSION) -X main.built=$(BUILT)
TAGS    := sqlite_omit_load_extension,netgo,osusergo
FUZZTIME ?= 10s

.PHONY: help build demo test test-pi lint check vuln bench doctor-test hold acl-test crash kill outages simulate fleet fuzz mutate long cross deb system-test tools clean
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build gated and gate-central into build/
	$(GO) build -trimpath -tags $(TAGS) -ldflags '$(LDFLAGS)' -o build/ ./cmd/gated ./cmd/gate-central

demo: build ## one morning at a gate, played by real processes; LIVE=1 leaves it running
	$(GO) build -o build/demo ./demo
	build/demo -gated build/gated -central build/gate-central $(if $(LIVE),-live) $(if $(BREAK),-break $(BREAK))

test: tools ## all tests, with the race detector, real Mosquitto and real pseudo-terminals
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "gofmt these"; exit 1; }
	$(GO) vet ./...
	@# What takes longest begins first.
	$(GO) test -race -timeout 20m ./e2e ./...

test-pi: ## the real arm64 gated on two emulated boards, pins watched from outside; BOARD=virt alone, BREAK=pulse or pin
	@sh .ci/tools pi
	sh cross/build.sh build/cross '$(VERSION)' '$(BUILT)' arm64
	sh pi/kit.sh build/cross/gated-arm64
	$(GO) build -trimpath -tags $(TAGS) -ldflags '$(LDFLAGS)' -o build/ ./cmd/gate-central
	$(GO) build -o build/test-pi ./pi
	PATH=$$PATH:/usr/sbin:/sbin build/test-pi $(if $(BOARD),-board $(BOARD)) $(if $(BREAK),-break $(BREAK))

lint: ## golangci-lint, after checking its own configuration
	@sh .ci/lint

check: lint ## lint, the licence of every dependency, tools without a fixed version, known vulnerabilities
	@set -o pipefail; $(GO) test -count 1 -run '^Test(LicencesOf|KindsOf|ToolsArePinned|UnitsAreLocked)' -v . ./deb | grep -v '^=== RUN'
	@sh .ci/vuln

vuln: ## govulncheck, which says so if its database is out of reach
	@sh .ci/vuln

bench: ## the budgets of the design beside their floors, measured in one run
	$(GO) run ./bench
	$(GO) run ./bench -revocation
	$(GO) run ./bench -journal
	$(GO) run ./bench -network
	$(GO) run ./bench -memory

doctor-test: ## one fault after another at a real gate, and what gated doctor names; root has all of them
	$(GO) test -count 1 -v -run '^TestDoctor(NamesTheCause|PutsRight)$$' ./e2e

hold: ## a rider put on hold over Mosquitto N times (default 100): refused within 1 s each time, and how soon
	$(GO) test -count 1 -timeout 1h -v -run '^TestHoldIsEnforced' ./e2e -holds $(or $(N),100) -within 1s

acl-test: tools ## the access list that broker-config makes: every verb, topic and name against real Mosquitto, as a matrix
	GATED_MUST_RUN=mosquitto $(GO) test -count 1 -v ./deploy/mosquitto

crash: ## N power cuts (default 20000) at every point of the store's work; SEED=… for the same cuts again
	$(GO) test -count 1 -timeout 12h -v -run '^TestPowerCuts' ./store -cuts $(or $(N),20000) $(if $(SEED),-cutseed $(SEED))

kill: ## the daemon killed N times (default 200) at any instant; SEED=… for the same instants again
	$(GO) test -count 1 -timeout 12h -v -run '^TestTheDaemonIsKilled' ./e2e/disk -kills $(or $(N),200) $(if $(SEED),-killseed $(SEED))

outages: ## N times (default 1000) network, broker, box or server fails or lies: no record lost, none twice; SEED=… for the same again
	$(GO) test -count 1 -timeout 1h -v -run '^TestTheLineHolds' ./rig -outages $(or $(N),1000) $(if $(SEED),-outageseed $(SEED))

simulate: ## SEEDS networks (default 20) of GATES gates (10) for a month of virtual time and faults: invariants, hashes; SEED=…, BREAK=ack
	GOGC=400 $(GO) test -count 1 -timeout 2h -v -run '^Test(AMonthOfFaults|AMonthOffline)' ./rig -seeds $(or $(SEEDS),20) -simgates $(or $(GATES),10) -simdays 30 \
		$(if $(SEED),-simseed $(SEED)) $(if $(BREAK),-simbug $(BREAK))

fleet: ## N gates (default 1000) at one broker: revocations everywhere, the power's return, memory; up to 1500 in a process, which needs 18200 open files
	$(GO) test -count 1 -timeout 1h -v -run '^TestAFleetAtOneBroker' ./rig -fleet $(or $(N),1000)

fuzz: ## every fuzz target for FUZZTIME each (default 10s)
	@set -e; for p in $$($(GO) list ./...); do for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
		echo "fuzz $$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$p; done; done

mutate: ## by hand, an hour: one token of verify changed at a time, and a test notices, or mutants.txt says why not; PKGS=pass
	@sh .ci/mutate $(PKGS)

long: ## what takes longer than a commit can wait
	GATED_LONG=1 $(GO) test -timeout 60m ./e2e/...
	GATED_LONG=1 $(GO) test -timeout 120m -run 'VerifyFindsEvery|EveryFlippedBit' ./store
	GATED_LONG=1 $(GO) test -timeout 60m -run MemoryIsMeasured ./bench
	$(MAKE) fuzz FUZZTIME=5m

cross: ## the binaries for each line of cross/targets, tried on the weakest processors, and built twice; ARCH=arm64
	sh .ci/tools cross
	sh cross/build.sh build/cross '$(VERSION)' '$(BUILT)' $(if $(ARCH),$(sort amd64 $(ARCH)))
	sh cross/try.sh build/cross '$(VERSION)' $(ARCH)
	sh cross/twice.sh build/cross '$(VERSION)' '$(BUILT)' $(ARCH)

deb: ## the packages of the box for each target, and of the central server, checked by lintian; ARCH=amd64
	sh .ci/tools cross deb
	sh cross/build.sh build/cross '$(VERSION)' '$(BUILT)' $(if $(ARCH),$(sort amd64 $(ARCH)))
	rm -rf build/deb
	sh deb/build.sh build/cross build/deb '$(VERSION)' '$(BUILT)' $(ARCH)
	lintian --fail-on error,warning build/deb/*.deb

system-test: ## the packages in a real system under systemd: install, first rider, kills, upgrade, remove, purge
	sh system/test.sh '$(VERSION)' '$(BUILT)'

tools: ## the programs that the tests need: installed if we are root, else named
	@sh .ci/tools

clean: ## remove what was built
	rm -rf build
