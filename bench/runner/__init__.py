# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# The benchmark runner, in the order things happen: programs.py builds, with floor.py and packages.py,
# rounds.py runs, figures.py sums up, machine.py describes where, chart.py and report.py draw, terminal.py prints. ../run.py is the command.
