# The front door: each target calls a preset or a script, which can be called by hand just as well.

PREFIX ?= /usr/local

.PHONY: help run test test-platforms bench wasm-bench wasm-demo check install clean
.NOTPARALLEL:
.DEFAULT_GOAL := help

help:  ## lists these targets
	@awk -F ':  *## ' '/^[a-z-]+: / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run:  ## runs real programs under the system's malloc and under cenote, writes the report
	@scripts/setup run && scripts/build release run
	@scripts/run_main_job

test:  ## builds, checks and runs every test that this machine can run
	@scripts/setup test && scripts/run_tests

test-platforms:  ## cross-compiles for each other platform, and runs the tests there under an emulator
	@scripts/test_platforms

bench:  ## the benches beside their peers: a table of ratios, JSON, plots
	@scripts/setup bench && scripts/build release bench
	@scripts/bench

wasm-bench:  ## the JavaScript package's benches beside their peers, in Node and in Chromium
	@wasm/bench/run

wasm-demo:  ## serves a page where frames pass through Workers, with a pool and without
	@wasm/demo/serve

check:  ## format, tidy, layers, headers, links, exported symbols
	@scripts/setup test && scripts/build release all
	@scripts/check_all

install:  ## installs library, replacement, headers and program (PREFIX=/usr/local)
	@scripts/setup run && scripts/build release run
	@cmake --install build/release --prefix "$(PREFIX)"

clean:  ## removes all that was built
	@rm -rf build
