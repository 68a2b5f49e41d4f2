# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""The files a usable tree needs beyond the pristine base, as the tree's second commit.

Debian's archive leaves out generated and vendored files; upstream's own maintenance scripts and
Debian's packages (toolchain.py fetched them) give them back. What a base already has is kept.
"""

import hashlib
import re
import shutil
import sys
from pathlib import Path

from .command import run

NEON = 'system/include/compat/arm_neon.h'
# tools/maint/simde_update.py asks SIMDe for NEON's own names in the same way.
NEON_NAMES = [f'SIMDE_ARM_NEON_{arch}_ENABLE_NATIVE_ALIASES' for arch in ('A32V7', 'A32V8', 'A64V8')]


def key(prefix):
  """What the completed files depend on: this module and the packages in `prefix`."""
  present = [str(path.exists()) for path in (simde(prefix), ply(prefix))]
  return hashlib.sha256(Path(__file__).read_bytes() + ' '.join(present).encode()).hexdigest()


def simde(prefix):
  return prefix / 'usr/include/simde/arm/neon.h'


def ply(prefix):
  return prefix / 'usr/lib/python3/dist-packages/ply'


def complete(tree, prefix):
  """Add to `tree` what it lacks, and take out what only a checkout of upstream's wants."""
  if not (tree / 'system/include/emscripten/dom_pk_codes.h').exists():
    maintain(tree, 'create_dom_pk_codes.py')
  if not (tree / NEON).exists() and simde(prefix).exists():
    (tree / NEON).write_text(neon_header(simde(prefix)))
  if not (tree / 'third_party/ply').exists() and ply(prefix).exists():
    shutil.copytree(ply(prefix), tree / 'third_party/ply/ply')
  maintain(tree, 'create_entry_points.py')
  # It stops emcc in a git checkout that it has not set up itself; upstream's install.py drops it too.
  (tree / 'bootstrap.py').unlink(missing_ok=True)


def maintain(tree, script):
  run([sys.executable, '-B', tree / 'tools/maint' / script],
      'the base seems damaged: remove build/base and set up again', cwd=tree)


def neon_header(header):
  """SIMDe's NEON header with everything it includes, each file once."""
  defines = ''.join(f'#define {name}\n' for name in NEON_NAMES)
  undefines = ''.join(f'#undef {name}\n' for name in NEON_NAMES)
  return f'{defines}#include <emscripten/version.h>\n{inlined(header.resolve(), set())}{undefines}'


def inlined(header, seen):
  """`header` with its quoted includes replaced by their text; each has an include guard."""
  seen.add(header)

  def text_of(include):
    target = (header.parent / include[1]).resolve()
    if target in seen or not target.exists():
      return '' if target in seen else include[0]
    return inlined(target, seen)

  return re.sub(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)".*\n', text_of, header.read_text(),
                flags=re.MULTILINE)
