# make build   the connector, nagios2canopsis
# make module  the NEB module, nagios2canopsis.so; needs a C compiler
# make demo    the whole pipeline on a small played Nagios, events on the terminal
# make check   formatting, vet, staticcheck, and the tests that need neither root nor a server: a minute
# make test    installs what the tests need (as root on Debian 12) and runs all of them
# make bench   every speed claim, as a ratio to a reference measured in the same run
# make soak    what takes longer: thousands of kills and of interleavings, long fuzzing
# make docs    rewrites the pages that are made from the code

GO  ?= go
OUT ?= $(CURDIR)

# The program takes its version from the file VERSION. A build of anything but
# that version's tag adds the commit.
VERSION   := $(shell cat VERSION)
TAG        = $(shell git describe --tags --exact-match --match 'v$(VERSION)' --dirty 2>/dev/null)
COMMIT     = $(shell git describe --always --exclude '*' --dirty 2>/dev/null)
BUILD      = $(if $(filter v$(VERSION),$(TAG)),,$(addprefix +g,$(COMMIT)))
# Not LDFLAGS, which the environment may set for the C build.
GO_LDFLAGS = -s -w -X main.build=$(BUILD)

FUZZTIME ?= 5m

.PHONY: build module demo check test test-tools lint bench soak fuzz docs

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(GO_LDFLAGS)' -o $(OUT)/nagios2canopsis ./cmd/nagios2canopsis

module:
	$(MAKE) -C nagios/neb OUT=$(OUT)

demo: build
	$(OUT)/nagios2canopsis demo

# Tests that need root or a server, or that wait, skip themselves with -short.
check: lint
	$(GO) run ./internal/testing/allrun -short -count=1 -shuffle=on -p 4 -parallel 4 -vet=off ./...

# What go test would vet, lint has. No test may skip itself here, except those
# of recordings that are not part of the repository.
test: test-tools lint
	.ci/test-all

test-tools:
	.ci/test-tools

lint:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt wants: $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

bench:
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 60m ./...

fuzz:
	.ci/fuzz-all $(FUZZTIME)

soak: test-tools
	SOAK=1 $(GO) test -timeout 30m -count 1 ./internal/timeline
	SOAK=1 $(GO) test -timeout 4h -count 1 ./internal/testing/endtoend/...
	$(MAKE) fuzz

docs:
	$(GO) test ./internal/config ./eventmap -run 'Reference|Docs' -update
