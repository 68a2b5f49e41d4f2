# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# The everyday doors; each sets up what it needs first, which takes moments once it is there.

.PHONY: help setup run serve test bench programs conformance soak fuzz check clean

help:
	@echo 'make setup   fetch base and toolchain, assemble build/sdk: ./emcc works'
	@echo 'make run     build the demo and run it in a browser here'
	@echo 'make serve   build the demo and serve it to your own browser'
	@echo 'make test    run every test on every engine'
	@echo 'make bench   measure the fork beside stock Emscripten and native code'
	@echo 'make programs  build real programs, run them natively and in Chromium, write docs/programs.md'
	@echo 'make conformance  run upstream'\''s own tests on stock and on the fork, with the flag off and on'
	@echo 'make soak    let things go wrong at random, for SOAK=120 seconds'
	@echo 'make fuzz    look for what the pure logic cannot take, for FUZZ=120 seconds'
	@echo 'make check   prove that overlay and patches are sound, lint our files'
	@echo 'make clean   remove build/ but for what was downloaded'

setup:
	@tools/fork.py setup

run:
	@tools/fork.py setup --for run
	@python3 demo/run.py

serve:
	@tools/fork.py setup --for run
	@python3 demo/serve.py

test:
	@tools/fork.py setup --for test
	@/usr/bin/python3 -m pytest

bench:
	@tools/fork.py setup --for test
	@tools/fork.py assemble --stock
	@/usr/bin/python3 bench/run.py $(BENCH)

programs:
	@tools/fork.py setup --for test
	@tools/fork.py assemble --stock
	@/usr/bin/python3 demo/table.py $(PROGRAMS)

conformance:
	@tools/fork.py setup --for test
	@tools/fork.py conformance -- $(CONFORMANCE)

# Nineteen tests and engines.
SOAK = 120
soak:
	@tools/fork.py setup --for test
	@/usr/bin/python3 -m pytest -q -n 0 --soak $$(($(SOAK) / 19 + 1)) -k 'at_random or soak'

fuzz:
	@/usr/bin/python3 test/native/fuzz.py $(or $(FUZZ),120)

check:
	@tools/fork.py setup --for test
	@tools/fork.py check

clean:
	@[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name downloads -exec rm -rf {} +
