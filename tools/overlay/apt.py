# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Debian's testing suites through a private apt state: the host's own sources stay as they are.

The mirror and its keyring come from the host's apt configuration; apt checks every hash.
"""

import hashlib
import os
import shutil
import time

from .command import run
from .host import ensure_lists
from .report import ForkError, megabytes, step

BY_HAND = ('check the network, or supply the parts by hand: '
           'tools/fork.py setup --base FILE --llvm DIR --binaryen DIR')
FRESH = 600  # seconds for which lists count as just read
DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'


def find_mirror():
  """The sources.list options and URI of a Debian mirror the host already uses."""
  if not shutil.which('apt-get'):
    raise ForkError('this host has no apt, so Debian\'s packages are out of reach', BY_HAND)
  if not os.geteuid():
    ensure_lists()  # a cleaned container has none
  form = '$(ORIGIN)|$(RELEASE)|$(REPO_URI)'
  for line in run(['apt-get', 'indextargets', '--format', form], BY_HAND).splitlines():
    origin, release, uri = line.split('|')
    if origin == 'Debian' and 'security' not in release and 'backports' not in release:
      return f'[signed-by={DEBIAN_KEYRING}] {uri}'
  update = 'run `sudo apt-get update` if this is Debian; otherwise ' if os.geteuid() else ''
  raise ForkError('apt knows no Debian mirror (no lists, or another distribution)', update + BY_HAND)


class Apt:
  """One suite, its lists and its resolver in a folder of ours."""

  def __init__(self, folder, suite):
    self.suite = suite
    self.folder = folder / suite
    self.debs = self.folder / 'debs'
    for name in ('lists/partial', 'cache/archives/partial', 'debs'):
      (self.folder / name).mkdir(parents=True, exist_ok=True)
    (self.folder / 'status').touch()
    settings = {
      'Dir::State': self.folder,
      'Dir::State::lists': self.folder / 'lists',
      'Dir::State::status': self.folder / 'status',
      'Dir::Cache': self.folder / 'cache',
      'Dir::Cache::pkgcache': 'pkgcache.bin',
      'Dir::Cache::srcpkgcache': 'srcpkgcache.bin',
      'Dir::Etc::sourcelist': self.folder / 'sources.list',
      'Dir::Etc::sourceparts': '/dev/null',
      'Dir::Etc::preferences': '/dev/null',
      'Dir::Etc::preferencesparts': '/dev/null',
      'APT::Architecture': 'amd64',
      'APT::Install-Recommends': 'false',
      'Acquire::Languages': 'none',
      'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
      'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled': 'false',
      'pkgCacheGen::Essential': 'none',
    }
    if not os.geteuid():
      settings['APT::Sandbox::User'] = 'root'  # Debian's _apt user may not enter our folder
    self.config = self.folder / 'apt.conf'
    # The host's hooks (PackageKit, AppStream) have no business with our lists.
    self.config.write_text('#clear APT::Update::Post-Invoke-Success;\n#clear APT::Update::Post-Invoke;\n'
                           + ''.join(f'{key} "{value}";\n' for key, value in settings.items()))

  def __call__(self, tool, *args, **options):
    return run([tool, '-c', self.config, *args], BY_HAND, **options)

  def update(self):
    """Read the suite's lists, unless that was just done."""
    done = self.folder / 'updated'
    if done.exists() and time.time() - done.stat().st_mtime < FRESH:
      return
    mirror = find_mirror()
    sources = ''.join(f'{kind} {mirror} {self.suite} main\n' for kind in ('deb', 'deb-src'))
    (self.folder / 'sources.list').write_text(sources)
    with step(f'reading the package lists of Debian {self.suite}'):
      self('apt-get', 'update', '--quiet')
    done.touch()

  def versions(self, packages):
    """The version the suite offers of each of `packages` that it has."""
    found = {}
    for line in self('apt-cache', 'policy', *packages).splitlines():
      if not line.startswith(' '):
        package = line.rstrip(':')
      elif line.strip().startswith('Candidate:') and '(none)' not in line:
        found[package] = line.split()[1]
    return found

  def closure(self, packages):
    """The names of `packages` and all they depend on, with the sizes to fetch."""
    lines = self('apt-get', 'install', '--print-uris', '-qq', '-y', *packages).splitlines()
    found = {}
    for line in lines:
      _uri, file, size, *_ = line.split()
      found[file.partition('_')[0]] = int(size)
    return found

  def fetch(self, packages, size):
    """Fetch exactly `packages` into the folder of debs.

    apt checks the hashes of what it fetches, but of a file that is there only the size: we do that.
    """
    # Elsewhere than in `debs`, as apt leaves out what is in its working folder.
    lines = self('apt-get', 'download', '--print-uris', '-qq', *packages, cwd=self.folder).splitlines()
    wanted = {name: digest for _uri, name, _size, digest in map(str.split, lines)}
    with step(f'fetching {len(packages)} packages, {megabytes(size)}'):
      for old in self.debs.glob('*.deb'):
        if wanted.get(old.name) != f'SHA256:{sha256(old)}':
          old.unlink()
      self('apt-get', 'download', '-qq', *packages, cwd=self.debs)
    return sorted(self.debs / name for name in wanted)

  def fetch_source_file(self, source, file, target):
    """Fetch one file of a source package; return False when the suite has another version."""
    lines = self('apt-get', 'source', '--print-uris', '-qq', source).splitlines()
    for line in lines:
      if line.startswith("'"):
        uri, name, size, digest = line.split()
        if name == file:
          with step(f'fetching {file}, {megabytes(int(size))}'):
            run(['/usr/lib/apt/apt-helper', '-c', self.config, 'download-file', uri.strip("'"),
                 target, digest], BY_HAND)
          return True
    return False


def sha256(path):
  digest = hashlib.sha256()
  with open(path, 'rb') as file:
    while block := file.read(1 << 20):
      digest.update(block)
  return digest.hexdigest()


def unpack(deb, folder):
  run(['dpkg-deb', '-x', deb, folder], 'delete the file and set up again')
