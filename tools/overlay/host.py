# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""The host's own packages: git, npm, patchelf, the browsers of the tests.

What counts is the command (or Python module), not Debian's package: a node from elsewhere will do.
As root we install what is missing; otherwise we print the one line that does.
"""

import os
import platform
import re
import shutil
import subprocess

from .report import ForkError, say, step

# Room that each part takes, downloads included; the sdk's has two trees and the system libraries.
ROOM = {'base': 300_000_000, 'toolchain': 900_000_000, 'npm': 300_000_000, 'sdk': 1_000_000_000}
OLDEST_NODE = 18

# What each purpose needs: command (or `module:` of /usr/bin/python3) -> Debian's package.
CORE = {
  'git': 'git',
  'make': 'make',
  'node': 'nodejs',
  'npm': 'npm',
  'patchelf': 'patchelf',
  'tar': 'tar',
  'xz': 'xz-utils',
}
RUN = {
  'chromium': 'chromium',
}
TEST = {
  **RUN,
  'autoconf': 'autoconf',
  'automake': 'automake',
  'cmake': 'cmake',
  'firefox-esr': 'firefox-esr',
  'g++': 'g++',
  'libtoolize': 'libtool',
  'meson': 'meson',
  'ninja': 'ninja-build',
  'pkg-config': 'pkg-config',
  'tclsh': 'tcl',
  'WebKitWebDriver': 'webkit2gtk-driver',
  'xauth': 'xauth',
  'Xvfb': 'xvfb',
  'zstd': 'zstd',
  'module:psutil': 'python3-psutil',
  'module:websockify': 'python3-websockify',
  'module:pytest': 'python3-pytest',
  'module:xdist': 'python3-pytest-xdist',
}
PURPOSES = {'core': CORE, 'run': {**CORE, **RUN}, 'test': {**CORE, **TEST}}
PURPOSES['all'] = PURPOSES['test']


def check_machine(machine=None):
  machine = machine or platform.machine()
  if machine not in {'x86_64', 'amd64'}:
    raise ForkError(f'set-up fetches its toolchain for x86-64; this machine is {machine}',
                    'give your own LLVM and Binaryen: tools/fork.py setup --llvm DIR --binaryen DIR')


def check_room(folder, parts=tuple(ROOM)):
  """Stop when `folder` has no room for the `parts` that are still to be made."""
  free = shutil.disk_usage(folder).free
  needed = sum(ROOM[part] for part in parts)
  if free < needed:
    raise ForkError(f'{folder} has {free / 1e9:.1f} GB free; set-up needs {needed / 1e9:.1f} GB '
                    f'for {", ".join(parts)}',
                    'free some room, or move the repository to a larger disk')


def explain(error, folder):
  """Whatever ended a run that works below `folder`, as a ForkError."""
  if 'No space left on device' in f'{error} {getattr(error, "stderr", "")}':
    problem = str(error).partition('\n  next: ')[0]
    free = shutil.disk_usage(folder).free
    return ForkError(f'{problem}\n{folder} has {free / 1e9:.1f} GB free; a whole set-up takes '
                     f'{sum(ROOM.values()) / 1e9:.1f} GB there',
                     'free some room, or move the repository to a larger disk, and run it again: '
                     'what is finished is kept')
  if isinstance(error, subprocess.CalledProcessError):
    argv = error.cmd if isinstance(error.cmd, str) else ' '.join(map(str, error.cmd))
    return ForkError(f'`{argv}` failed ({error.returncode})\n{error.stderr or ""}'.rstrip(),
                     'correct what it reports and run it again')
  if isinstance(error, OSError):
    return ForkError(str(error), f'see that {folder} and what it holds are yours to read and write, '
                     'then run it again')
  return error


def is_present(need):
  if need.startswith('module:'):
    code = f'import {need.removeprefix("module:")}'
    return not subprocess.run(['/usr/bin/python3', '-c', code], capture_output=True).returncode
  return shutil.which(need) is not None


def missing_packages(purpose, present=is_present, own_toolchain=False):
  """Debian's packages for what `purpose` needs and this host lacks; patchelf is for our toolchain only."""
  needs = {need: package for need, package in PURPOSES[purpose].items()
           if not (own_toolchain and need == 'patchelf')}
  return sorted({package for need, package in needs.items() if not present(need)})


def ensure_packages(purpose, offline, own_toolchain=False):
  missing = missing_packages(purpose, own_toolchain=own_toolchain)
  if not missing:
    return
  line = f'apt-get install -y --no-install-recommends {" ".join(missing)}'
  if offline or os.geteuid() or not shutil.which('apt-get'):
    sudo = 'sudo ' if os.geteuid() else ''
    raise ForkError(f'this host lacks: {", ".join(missing)}', f'{sudo}{line}')
  with step(f'installing {len(missing)} host packages: {" ".join(missing)}'):
    ensure_lists()
    install(line.split())


def ensure_lists():
  """Let apt read its lists when it has none (a fresh container)."""
  targets = subprocess.run(['apt-get', 'indextargets', 'Identifier: Packages'],
                           capture_output=True, text=True).stdout
  if not targets.strip():
    say('  apt has no package lists yet: apt-get update')
    install(['apt-get', 'update'])


def install(argv):
  done = subprocess.run(argv, capture_output=True, text=True,
                        env={**os.environ, 'DEBIAN_FRONTEND': 'noninteractive'})
  if done.returncode:
    tail = '\n'.join((done.stdout + done.stderr).strip().splitlines()[-8:])
    raise ForkError(f'`{" ".join(argv)}` failed:\n{tail}',
                    'run it by hand (after `apt-get update`) and then set up again')


def check_node():
  version = subprocess.run(['node', '--version'], capture_output=True, text=True).stdout.strip()
  found = re.match(r'v(\d+)', version)
  if not found or int(found[1]) < OLDEST_NODE:
    raise ForkError(f'{shutil.which("node")} is {version or "not working"}; Emscripten needs '
                    f'node {OLDEST_NODE} or newer', 'put a newer node first on PATH')
