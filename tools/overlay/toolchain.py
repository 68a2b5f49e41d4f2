# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""LLVM and Binaryen in the private prefix build/toolchain.

Debian's packages are unpacked there with the libraries they need, glibc included, and every program
is given the prefix's own loader and library path: it runs whatever the host's libraries are.
"""

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .apt import BY_HAND, Apt, unpack
from .command import run
from .report import ForkError, say, step

LIBRARIES = 'usr/lib/x86_64-linux-gnu'
LOADER = 'ld-linux-x86-64.so.2'

# Debian packages that LLVM's depend on and that no program we run loads.
USELESS = re.compile(r'.*-dev$|binutils|gcc-|cpp-|linux-libc|libc-dev-bin|python3|libpython3|'
                     r'lib(a|hwa|l|t|ub)san\d|libitm|libgomp|libquadmath|libobjc|libgprofng|libctf')

# What emcc runs, and what `check` runs if present.
LLVM_TOOLS = ('clang', 'clang++', 'wasm-ld', 'llvm-ar', 'llvm-nm', 'llvm-objcopy')
BINARYEN_TOOLS = ('wasm-opt', 'wasm-emscripten-finalize', 'wasm-metadce')


def supplied(layout, llvm=None, binaryen=None):
  """The user's own folders as full paths: those given now, else those of the last set-up.

  '' asks for Debian's again; so does a folder that is gone.
  """
  done = layout.read_stamp('toolchain')

  def settle(name, given):
    if given is not None:
      return str(Path(given).resolve()) if given else None
    kept = done[f'{name}_root'] if done.get('wanted', {}).get(name) else None
    if kept and not Path(kept).is_dir():
      say(f'the {name} that --{name} named is gone: {kept}')
      return None
    return kept

  return settle('llvm', llvm), settle('binaryen', binaryen)


def ensure(layout, pin, llvm=None, binaryen=None, offline=False):
  """Have a working toolchain and note where it is, in the `toolchain` stamp.

  `llvm` and `binaryen` are what supplied() returned.
  """
  wanted = {'place': str(layout.prefix), 'llvm': llvm, 'binaryen': binaryen}
  done = layout.read_stamp('toolchain')
  if done and done['wanted'] == wanted and Path(done['llvm_root']).is_dir():
    return
  if not (llvm and binaryen):
    if can_keep(done, wanted, layout):
      relocate(layout)
    else:
      fetch(layout, pin, llvm, binaryen, offline)
  llvm_root = Path(llvm) if llvm else prefix_llvm(layout.prefix)
  binaryen_root = Path(binaryen) if binaryen else layout.prefix / 'usr'
  versions = try_out(pin, llvm_root, binaryen_root)
  layout.write_stamp('toolchain', {'wanted': wanted, 'llvm_root': str(llvm_root),
                                   'binaryen_root': str(binaryen_root), **versions})


def can_keep(done, wanted, layout):
  """Whether the prefix holds what is wanted and was only moved along with the repository."""
  return bool(done and layout.prefix.is_dir()
              and {**done['wanted'], 'place': wanted['place']} == wanted)


def prefix_llvm(prefix):
  found = sorted(prefix.glob('usr/lib/llvm-*/bin'))
  if not found:
    raise ForkError(f'{prefix} holds no LLVM', 'remove build/toolchain and set up again')
  return found[-1]


def fetch(layout, pin, llvm, binaryen, offline):
  """Fill the prefix from the first suite that has accepted versions."""
  if offline:
    raise ForkError('there is no toolchain yet, and --offline forbids fetching one',
                    'set up once with a network, or give --llvm DIR and --binaryen DIR')
  offers = []
  for suite in pin.debian['suites']:
    apt = Apt(layout.downloads / 'apt', suite)
    apt.update()
    packages = choose(pin.toolchain, apt.versions(every_package(pin.toolchain)), llvm, binaryen, offers, suite)
    if packages:
      install(layout, apt, *packages)
      return
  accepted = ', '.join(map(str, pin.toolchain['llvm']))
  raise ForkError(f'Debian offers no accepted toolchain: wanted LLVM {accepted} and Binaryen '
                  f'{", ".join(map(str, pin.toolchain["binaryen"]))}; found {"; ".join(offers)}',
                  'give your own: tools/fork.py setup --llvm DIR --binaryen DIR '
                  '(DIR with clang; DIR with bin/wasm-opt)')


def every_package(toolchain):
  names = [toolchain[kind] for kind in ('llvm_packages', 'binaryen_packages', 'alone_packages')]
  return sorted({name.format(major) for kind in names for name in kind for major in toolchain['llvm']})


def choose(toolchain, offered, llvm, binaryen, offers, suite):
  """The packages to take from a suite, with and without their dependencies; None if it won't do.

  `offered` has the versions of the suite's packages; `offers` collects what to say of them.
  """
  majors = [major for major in toolchain['llvm'] if f'clang-{major}' in offered]
  found = offered.get('binaryen')
  offers.append(f'{suite}: clang {", ".join(map(str, majors)) or "none"}, binaryen {found or "none"}')
  if not majors and not llvm:
    return None
  if not binaryen and not (found and int(re.match(r'\d+', found)[0]) in toolchain['binaryen']):
    return None
  major = majors[0] if majors else toolchain['llvm'][0]
  whole = [] if llvm else [name.format(major) for name in toolchain['llvm_packages']]
  whole += [] if binaryen else toolchain['binaryen_packages']
  alone = [name.format(major) for name in toolchain['alone_packages']]
  return whole, [name for name in alone if name in offered]


def install(layout, apt, whole, alone):
  """Fetch, unpack into the prefix, and make its programs find their own libraries."""
  layout.drop_stamp('toolchain')
  sizes = apt.closure(whole + alone)
  names = [name for name in sizes if name in whole + alone or not USELESS.match(name)]
  debs = apt.fetch(names, sum(sizes[name] for name in names))
  shutil.rmtree(layout.prefix, ignore_errors=True)
  layout.prefix.mkdir(parents=True)
  with step(f'unpacking {len(debs)} packages'), ThreadPoolExecutor(os.cpu_count()) as pool:
    list(pool.map(lambda deb: unpack(deb, layout.prefix), debs))
  relocate(layout)


def relocate(layout):
  """Point every program, and each library with a search path of its own, into the prefix."""
  prefix = layout.prefix
  library_path = f'{prefix / LIBRARIES}:{prefix_library(prefix)}'
  folders = [prefix / 'usr/bin', *prefix.glob('usr/lib/llvm-*/bin')]
  programs = [path for folder in folders for path in folder.iterdir() if is_program(path)]
  libraries = [path for path in (prefix / LIBRARIES).glob('*.so*') if is_library(path)]
  with step(f'giving {len(programs)} programs the libraries of {prefix}'):
    patchelf = ['patchelf', '--force-rpath', '--set-rpath', library_path]
    loader = ['--set-interpreter', str(prefix / LIBRARIES / LOADER)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
      for done in (*pool.map(lambda path: patch_elf(patchelf + loader, path), programs),
                   *pool.map(lambda path: patch_elf(patchelf, path), libraries)):
        if done:
          say(f'  left alone: {done}')


def prefix_library(prefix):
  return next(iter(prefix.glob('usr/lib/llvm-*/lib')), prefix / 'usr/lib')


def is_program(path):
  if path.is_symlink() or not path.is_file():
    return False
  with open(path, 'rb') as file:
    return file.read(4) == b'\x7fELF'


def is_library(path):
  """Whether `path` is a library whose own search path would end the program's."""
  if not is_program(path):
    return False
  shown = subprocess.run(['patchelf', '--print-rpath', path], capture_output=True, text=True)
  return bool(shown.stdout.strip())


def patch_elf(argv, path):
  """Patch one file; a static program has nothing to patch, and is named instead."""
  done = subprocess.run([*argv, str(path)], capture_output=True, text=True)
  return f'{path.name}: {done.stderr.strip()}' if done.returncode else ''


def try_out(pin, llvm_root, binaryen_root):
  """Run the programs emcc needs; return their versions, checked against the pin."""
  for folder, names in ((llvm_root, LLVM_TOOLS), (binaryen_root / 'bin', BINARYEN_TOOLS)):
    for name in names:
      run([folder / name, '--version'], BY_HAND)
  versions = {}
  for key, program in (('llvm', llvm_root / 'clang'), ('binaryen', binaryen_root / 'bin/wasm-opt')):
    text = run([program, '--version'], BY_HAND)
    found = re.search(r'version (\d+)', text)
    if not found or int(found[1]) not in pin.toolchain[key]:
      accepted = ', '.join(map(str, pin.toolchain[key]))
      raise ForkError(f'{program} is {text.splitlines()[0]}; this fork accepts {key} {accepted}',
                      f'give another one with --{key} DIR')
    versions[key] = int(found[1])
  return versions


def find_tool(layout, name):
  """A checking tool (ruff, clang-format): the prefix's if it has one, else the host's, or None."""
  places = [layout.prefix / 'usr/bin', *layout.prefix.glob('usr/lib/llvm-*/bin')]
  return shutil.which(name, path=os.pathsep.join(map(str, places))) or shutil.which(name)
