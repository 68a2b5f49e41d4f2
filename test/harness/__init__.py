# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# The package of the test harness; test/conftest.py puts it before the tests. Start at README.md.
