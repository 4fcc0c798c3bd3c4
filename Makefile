# The front door: each target calls a preset or a script, which can be called by hand just as well.

PREFIX ?= /usr/local

TIERS := asan tsan tools machines platforms js

.PHONY: help run test test-all $(TIERS:%=test-%) lint check bench wasm-bench wasm-demo install clean
.NOTPARALLEL:
.DEFAULT_GOAL := help

help:  ## lists these targets
	@awk -F ':  *## ' '/^[a-z-]+: / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run:  ## runs real programs under the system's malloc and under cenote, writes the report
	@scripts/setup run && scripts/build release run
	@scripts/run_main_job

test:  ## builds and runs the small tier of tests
	@scripts/test small

test-all:  ## runs every tier: small, asan, tsan, tools, machines, platforms, js, lint
	@scripts/test all

$(TIERS:%=test-%): test-%:
	@scripts/test $*

lint:  ## clang-tidy, and every header compiled alone
	@scripts/test lint

check:  ## format, layers, links, exported symbols: seconds once the library is built
	@scripts/setup check && scripts/build release run
	@scripts/check

bench:  ## the benches beside their peers: a table of ratios, JSON, plots
	@scripts/setup bench && scripts/build release bench
	@scripts/bench

wasm-bench:  ## the JavaScript package's benches beside their peers, in Node and in Chromium
	@wasm/bench/run

wasm-demo:  ## serves a page where frames pass through Workers, with a pool and without
	@wasm/demo/serve

install:  ## installs library, replacement, headers and program (PREFIX=/usr/local)
	@scripts/setup run && scripts/build release run
	@cmake --install build/release --prefix "$(PREFIX)"

clean:  ## removes all that was built
	@rm -rf build
