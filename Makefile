# dialtone: `make` prints the targets; `make run` and `make test` need nothing set up by hand.
.DEFAULT_GOAL := help
SHELL         := /bin/sh
VERSION       := $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)
LDFLAGS       := -s -w -X main.version=$(VERSION)
PACKAGES      := ./...
FUZZTIME      ?= 20s
HOURS         ?= 30
SEED          ?= 1
SOAK          ?= 30m
ARGS          ?=

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/dialtone
	@echo "building bin/dialtone"
	@CGO_ENABLED=0 go build -trimpath -ldflags='$(LDFLAGS)' -o bin/dialtone ./cmd/dialtone

run: build ## build and start the server on ./data (ARGS="--sip udp:127.0.0.1:5070" to change its settings)
	@bin/dialtone serve $(ARGS)

test: needs lint ## everything that has to hold: format, vet, staticcheck, all tests with the race detector, real clients
	GORACE=atexit_sleep_ms=0 go test -race -vet=off -ldflags='-s -w' -timeout 9m -p 3 -parallel 6 ./interop ./call $(PACKAGES)

lint: ## format, go vet, staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not formatted (run gofmt -w):"; echo "$$unformatted"; exit 1; fi
	CGO_ENABLED=0 go vet $(PACKAGES)
	CGO_ENABLED=0 go tool -modfile=tools/go.mod staticcheck $(PACKAGES)

bench: needs ## the benchmarks, and a table of what a call costs
	go test -run '^$$' -bench . -benchmem -benchtime 200ms $$(go list $(PACKAGES) | grep -v /interop$$)
	go test -run '^$$' -bench Cost -benchtime 1x -timeout 5m ./interop

bench-late: ## what makes a packet late: garbage, reloads, set-ups, recordings beside 1000 calls (75 s)
	go test -run '^$$' -bench Late -benchtime 1x -timeout 4m ./interop

soak: ## half an hour of all kinds of calls, after which nothing may have grown (SOAK=5m for less)
	SOAK=$(SOAK) go test -run '^TestSoak$$' -count 1 -timeout 0 -v ./interop

bench-dtmf: ## what the detector costs, beside spandsp's on the same recordings
	@tools/needs.sh spandsp
	go test -run '^$$' -bench 'BesideSpandsp|Detector' -benchtime 3x ./dtmf

talkoff: ## false digits in HOURS (30) of each kind of speech and music, from SEED (1) on
	@tools/needs.sh talkoff
	go test -run '^TestTalkOff$$' -v -timeout 0 ./dtmf -corpus prompts,music,espeak,flite,synthetic,instruments -hours $(HOURS) -seed $(SEED)

fuzz: ## every fuzz target for FUZZTIME (20s) each
	@tools/fuzz.sh $(FUZZTIME)

prompts: ## speak the embedded prompts anew from their texts (espeak-ng, sox)
	tools/prompts.sh

needs: ## install what the tests need (sipp, baresip, sipvicious, node, gcc, espeak-ng, sounds), or say how
	@tools/needs.sh

clean: ## remove what was built
	rm -rf bin

.PHONY: help build run test lint bench bench-late bench-dtmf talkoff soak fuzz prompts needs clean
