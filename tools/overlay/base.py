# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""The pristine upstream tree, verified, in build/base.

Looked for in build/downloads, Debian's suites, the cache folders, and where --base says. An archive
counts by its sha256; any other tree by the git hash of what Debian's archive and upstream's tag share.
"""

import errno
import fnmatch
import http.client
import os
import shutil
import tempfile
import urllib.request
from pathlib import Path

from .apt import Apt, sha256
from .command import Git, run
from .report import ForkError, say, step

PATIENCE = 60  # seconds without a byte after which a download has failed


def ensure(layout, pin, source=None, offline=False):
  """Have the pristine tree in build/base."""
  done = layout.read_stamp('base')
  if layout.base.is_dir() and done.get('sha256') == pin.archive['sha256'] and not source:
    return
  fresh = layout.build / 'base.new'
  shutil.rmtree(fresh, ignore_errors=True)
  if source:
    pristine = take(layout, pin, source, fresh)
  else:
    unpack(find_archive(layout, pin, offline), fresh)
    pristine = True
  layout.drop_stamp('base')
  shutil.rmtree(layout.base, ignore_errors=True)
  fresh.rename(layout.base)
  layout.write_stamp('base', {'version': pin.version, 'sha256': pin.archive['sha256'],
                              'pristine': pristine})


def find_archive(layout, pin, offline):
  """The path of the pinned archive, fetched if need be."""
  target = layout.downloads / pin.archive['name']
  if target.exists():
    verify(target, pin)
    return target
  tried = []
  if not offline and fetch_from_debian(layout, pin, target, tried):
    verify(target, pin)
    return target
  for folder in cache_folders(layout):
    if (folder / target.name).exists():
      say(f'taking the base from {folder}')
      verify(folder / target.name, pin)
      return folder / target.name
    tried.append(str(folder))
  raise ForkError(f'the base {target.name} is nowhere to be found; looked in: {", ".join(tried)}',
                  f'put it into {layout.downloads}, name its folder in DEPUTY_BASE_CACHE, or give '
                  f'upstream\'s {pin.version} tag: tools/fork.py setup --base DIR|URL|FILE')


def cache_folders(layout):
  named = os.environ.get('DEPUTY_BASE_CACHE', '').split(os.pathsep)
  return [Path(folder) for folder in named if folder] + [layout.root.parent / 'shared/base']


def fetch_from_debian(layout, pin, target, tried):
  for suite in pin.debian['suites']:
    try:
      apt = Apt(layout.downloads / 'apt', suite)
      apt.update()
      if apt.fetch_source_file(pin.debian['source'], target.name, target):
        return True
      tried.append(f'Debian {suite} (it has another version)')
    except ForkError as error:
      say(f'  Debian {suite}: {error}')
      tried.append(f'Debian {suite} (unreachable)')
  return False


def verify(archive, pin):
  found = sha256(archive)
  if found != pin.archive['sha256']:
    raise ForkError(f'{archive} is not the pinned base: its sha256 is {found}, '
                    f'upstream.json says {pin.archive["sha256"]}',
                    'delete the file and set up again; after moving to another base, '
                    'correct upstream.json')


def unpack(archive, fresh):
  with step(f'unpacking {archive.name}'):
    fresh.mkdir()
    run(['tar', '-xf', archive, '--strip-components=1', '-C', fresh],
        'delete the archive and set up again')


def take(layout, pin, source, fresh):
  """Put the tree that --base names (a folder, an archive or its URL) into `fresh`.

  Returns whether it is the pinned archive's own.
  """
  if '://' in source:
    source = download(source, layout.downloads)
  source = Path(source)
  if source.is_dir():
    with step(f'copying {source}'):
      shutil.copytree(source, fresh, symlinks=True, ignore=shutil.ignore_patterns('.git'))
  elif source.is_file():
    unpack(source, fresh)
    if sha256(source) == pin.archive['sha256']:
      return True
  else:
    raise ForkError(f'--base {source}: no such file or folder', 'name the tree or its archive')
  found = shared_tree(fresh, pin)
  if found != pin.tree:
    raise ForkError(f'{source} is not Emscripten {pin.version}: its tree is {found}, '
                    f'upstream.json says {pin.tree}',
                    f'give the pristine tree of tag {pin.version} (commit {pin.commit})')
  return False


def download(url, folder):
  """Fetch `url` into `folder`; the file has its name only once it is whole. Returns its path."""
  target = folder / (url.rpartition('/')[2] or 'archive')
  fresh = target.with_name(f'{target.name}.new')
  folder.mkdir(parents=True, exist_ok=True)
  try:
    with step(f'fetching {target.name}'), urllib.request.urlopen(url, timeout=PATIENCE) as answer, \
         open(fresh, 'wb') as file:
      shutil.copyfileobj(answer, file)
      length = answer.headers.get('Content-Length')
      if length and file.tell() != int(length):
        raise ConnectionError(f'it ended after {file.tell()} of {length} bytes')
  except (OSError, ValueError, http.client.HTTPException) as error:
    fresh.unlink(missing_ok=True)
    if getattr(error, 'errno', None) == errno.ENOSPC:
      raise
    raise ForkError(f'cannot fetch {url}: {error}',
                    'check the address and the network and run it again, or fetch it another way '
                    'and give the file: tools/fork.py setup --base FILE') from None
  fresh.replace(target)
  return target


def shared_tree(folder, pin):
  """The git tree hash of `folder` less what Debian leaves out and what submodules bring."""
  with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
    git = Git(Path(scratch) / 'git', folder)
    git.create()
    git('add', '--all', '--force', '.')
    patterns = pin.debian['left_out']
    submodules = tuple(f'{path}/' for path in pin.debian['submodules'])
    dropped = [path for path in git('ls-files', '-z').split('\0') if path and (
      path.startswith(submodules) or any(fnmatch.fnmatchcase(path, p) for p in patterns))]
    git('update-index', '--force-remove', '-z', '--stdin', stdin='\0'.join(dropped).encode())
    return git('write-tree')
