#!/usr/bin/env python3
# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""The fork tool's command line; the work is in tools/overlay/ (its __init__ is the map)."""

import argparse
import subprocess
import sys
from pathlib import Path

from overlay import check, drill, host, pack, refresh, setup, tree
from overlay import pin as pins
from overlay.layout import Layout
from overlay.report import ForkError, say

ABOUT = '''\
Make an SDK out of pristine Emscripten, our overlay of whole files and our few patches.

  setup      fetch base, toolchain and node packages, then assemble
  assemble   bring build/sdk (or build/stock) up to date with our sources
  check      prove that overlay and patches are sound
  refresh    write edits made in build/sdk back to patches/
  pack       make a release archive
  conformance  run upstream's own tests on stock and on the fork

`fork.py VERB --help` explains a verb and shows an example.
'''

SETUP = '''\
Fetch what is missing and assemble build/sdk. What is there already is kept, so that a second run
takes moments.

The base is looked for in build/downloads, Debian forky, Debian sid, the folders in the environment
variable DEPUTY_BASE_CACHE, and ../shared/base, beside this checkout. --base takes a tree, an archive or its URL instead:
Debian's archive is known by its sha256, any other by the hash of its tree.

Later runs keep to what --llvm and --binaryen named; --llvm '' goes back to Debian's.
With both of them nothing comes from Debian but the base; <arm_neon.h> and
webidl_binder's parser are then missing unless --base names upstream's own tree.

example:
  tools/fork.py setup --for test
  tools/fork.py setup --base ~/emscripten --llvm ~/llvm/bin --binaryen ~/binaryen
'''

ASSEMBLE = '''\
Bring build/sdk up to date: a git repository with commits for the base, what completes it, our
overlay (symlinks to our files) and each patch. Takes a moment when nothing changed, and refuses to
touch a build/sdk that holds edits of yours.

example:
  tools/fork.py assemble --stock     (build/stock: upstream with toolchain and backport patches only)
'''

CHECK = '''\
Prove that overlay and patches are sound, a line a check: series and folder agree, headers are whole,
each patch applies without fuzz or offset and reverses to the base, nothing of ours replaces an
upstream file that upstream.json does not name, and ruff, eslint and clang-format are content.
Exit code 1 when a check fails.

example:
  tools/fork.py setup --for test && tools/fork.py check
'''

REFRESH = '''\
Write build/sdk's commits back to patches/, a patch a commit, with thin context and no noise. Edits
in build/sdk that are not committed go into the patch whose number you give.

With --to, write nothing: try the series on another upstream tree and print what applies, the hunks
that do not, and what has changed of the files and functions that ours replace, wrap or include.
Exit code 1 when a patch conflicts.

examples:
  $EDITOR build/sdk/tools/link.py && tools/fork.py refresh 0004
  tools/fork.py refresh --to ~/emscripten-6.0.8
'''

PACK = '''\
Write emscripten-deputy-<version>.tar.xz, the assembled tree with our files as files and without
caches and configuration, and its .sha256 beside it. Unpacked, it wants `npm ci --omit=dev` and an
.emscripten that names LLVM, Binaryen and node.

example:
  tools/fork.py pack -o /tmp/emscripten-deputy.tar.xz
'''

CONFORMANCE = '''\
Run upstream's own test suites, unedited, on stock Emscripten and on the fork with the flag off and on, and
say what differs. Needs `setup --for test`. What follows -- goes to test/conformance/run.py; see its --help.

examples:
  tools/fork.py conformance -- --only subset --columns on
  tools/fork.py conformance -- --only 'browser.test_pthread_*'
'''


def parse(argv):
  parser = argparse.ArgumentParser(description=ABOUT,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
  verbs = parser.add_subparsers(dest='verb', required=True, metavar='VERB')

  def add(verb, about):
    return verbs.add_parser(verb, description=about,
                            formatter_class=argparse.RawDescriptionHelpFormatter)

  setup_ = add('setup', SETUP)
  setup_.add_argument('--for', dest='purpose', default='core', choices=['core', 'run', 'test', 'all'],
                      help='what to prepare this host for: emcc alone (default), the demo, the tests')
  setup_.add_argument('--base', metavar='DIR|URL|FILE', help='the pristine upstream tree')
  setup_.add_argument('--llvm', metavar='DIR', help='your LLVM: the folder that holds clang')
  setup_.add_argument('--binaryen', metavar='DIR', help='your Binaryen: the folder that holds bin/wasm-opt')
  setup_.add_argument('--offline', action='store_true', help='fetch nothing')
  assemble = add('assemble', ASSEMBLE)
  assemble.add_argument('--stock', action='store_true', help='make build/stock as well')
  add('check', CHECK)
  refresh_ = add('refresh', REFRESH)
  refresh_.add_argument('number', nargs='?', metavar='NNNN', help='the patch that takes uncommitted edits')
  refresh_.add_argument('--to', metavar='DIR', type=Path, help='only compare: how the fork would stand on this upstream tree')
  pack_ = add('pack', PACK)
  pack_.add_argument('-o', dest='output', metavar='FILE', type=Path,
                     help='the archive to write (default: build/emscripten-deputy-<version>.tar.xz)')
  conformance = add('conformance', CONFORMANCE)
  conformance.add_argument('arguments', nargs='*', metavar='ARGUMENT', help='of test/conformance/run.py')
  return parser.parse_args(argv)


def perform(args, layout):
  """Do what the verb says; returns whether it went well."""
  pin = pins.read(layout.root)
  if args.verb == 'setup':
    setup.set_up(layout, pin, args.purpose, args.base, args.llvm, args.binaryen, args.offline)
    return True
  with layout.lock():
    if args.verb == 'refresh':
      if args.to:
        return drill.try_on(layout, pin, args.to)
      refresh.refresh(layout, pin, args.number)
      return True
    if args.verb == 'check':
      return check.check(layout, pin)
    tree.assemble(layout, pin)
    if args.verb == 'pack':
      pack.pack(layout, pin, args.output)
    elif args.verb == 'conformance' or args.stock:
      tree.assemble_stock(layout, pin)
  if args.verb == 'conformance':
    return not subprocess.run([layout.root / 'test/conformance/run.py', *args.arguments], check=False).returncode
  return True


def main(argv):
  args = parse(argv)
  layout = Layout(Path(__file__).resolve().parent.parent)
  try:
    return 0 if perform(args, layout) else 1
  except (ForkError, OSError, subprocess.CalledProcessError) as error:
    say(f'fork.py: error: {host.explain(error, layout.root)}')
    return 1


if __name__ == '__main__':
  sys.exit(main(sys.argv[1:]))
