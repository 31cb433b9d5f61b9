# make build   the connector, nagios2canopsis
# make module  the NEB module, nagios2canopsis.so; needs a C compiler
# make demo    the whole pipeline on a small played Nagios, events on the terminal
# make test    installs what the tests need (as root on Debian 12) and runs all of them
# make bench   every speed claim, as a ratio to a reference measured in the same run
# make soak    what takes longer: thousands of kills, long fuzzing
# make docs    rewrites the pages that are made from the code

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  = -s -w -X main.version=$(VERSION)

FUZZTIME ?= 5m

.PHONY: build module demo test test-tools lint bench soak fuzz docs

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o nagios2canopsis ./cmd/nagios2canopsis

module:
	$(MAKE) -C nagios/neb OUT=$(CURDIR)

demo: build
	./nagios2canopsis demo

# The end-to-end tests have the machine to themselves: they watch clocks. What
# go test would vet, lint has.
test: test-tools lint
	$(GO) test -race -vet=off -timeout 14m $$($(GO) list ./... | grep -v '/internal/testing/endtoend$$')
	$(GO) test -race -vet=off -timeout 14m ./internal/testing/endtoend

test-tools:
	.ci/test-tools

lint:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt wants: $$unformatted"; exit 1; fi
	$(GO) vet ./...

bench:
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 60m ./...

fuzz:
	.ci/fuzz-all $(FUZZTIME)

soak: test-tools
	SOAK=1 $(GO) test -timeout 4h -count 1 ./internal/testing/endtoend/...
	$(MAKE) fuzz

docs:
	$(GO) test ./internal/config ./eventmap -run 'Reference|Docs' -update
