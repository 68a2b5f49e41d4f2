# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Assembling: base + completion + overlay + patches as a git repository in build/sdk.

Commits are made in the repository's object store without touching a file, always the same for the
same inputs; then git moves the work tree from the old commit to the new one, so that unchanged files
keep their times. Stamps are written last: an interrupted run is finished or begun anew by the next.
"""

import hashlib
import shutil
import tempfile
from pathlib import Path

from . import completion, overlay, patches
from .command import Git
from .configure import UNTRACKED, configure
from .report import ForkError, say, step

STOCK_GROUPS = ('toolchain', 'backport')


def inputs(layout, pin):
  """Digests of all that decides what build/sdk holds; quick, as every launcher asks."""
  series = layout.patches / 'series'
  texts = [series.read_bytes()] if series.exists() else []
  texts += [path.read_bytes() for path in sorted(layout.patches.glob('*.patch'))]
  tool = [path.read_bytes() for path in sorted((layout.root / 'tools/overlay').glob('*.py'))]
  return {
    'place': str(layout.root),
    'foundation': digest([str(layout.read_stamp('base')), completion.key(layout.prefix)]),
    'toolchain': layout.read_stamp('toolchain'),
    'overlay': digest(overlay.shipped(layout.root, pin.overlay)),
    'patches': digest(texts),
    'tool': digest(tool),
  }


def digest(parts):
  whole = hashlib.sha256()
  for part in parts:
    whole.update(part if isinstance(part, bytes) else part.encode())
    whole.update(b'\0')
  return whole.hexdigest()


def is_current(layout, pin):
  """Whether build/sdk is there, and holds what our sources say."""
  return (layout.sdk / '.git').is_dir() and layout.read_stamp('sdk').get('inputs') == inputs(layout, pin)


def repository(tree, index=None):
  return Git(tree / '.git', tree, index and tree / '.git' / index)


def assemble(layout, pin):
  """Bring build/sdk up to date; the caller holds the lock. Returns whether anything changed."""
  if not layout.read_stamp('base'):
    raise ForkError(f'there is no base in {layout.base}', 'tools/fork.py setup')
  finish_interrupted(layout)
  stamp, wanted = layout.read_stamp('sdk'), inputs(layout, pin)
  if stamp.get('inputs') == wanted and (layout.sdk / '.git').is_dir():
    configure(layout, layout.sdk, 'sdk')
    return False
  refuse_edits(layout)
  if stamp.get('inputs', {}).get('foundation') == wanted['foundation'] and layout.sdk.is_dir():
    with step('assembling build/sdk'):
      head = commit_series(layout, pin, layout.sdk)
      layout.write_stamp('sdk', {**stamp, 'inputs': {}, 'moving_to': head})
      repository(layout.sdk)('reset', '--keep', '--quiet', head)
  else:
    head = build_anew(layout, pin)
  configure(layout, layout.sdk, 'sdk')
  layout.write_stamp('sdk', {'inputs': wanted, 'head': head})
  return True


def finish_interrupted(layout):
  """Bring a work tree that an interrupted run left between two commits to the newer one."""
  stamp = layout.read_stamp('sdk')
  head = stamp.get('moving_to')
  if head and (layout.sdk / '.git').is_dir():
    say('an earlier run was interrupted while it changed build/sdk: finishing it')
    (layout.sdk / '.git/index.lock').unlink(missing_ok=True)
    repository(layout.sdk)('reset', '--hard', '--quiet', head)
    layout.write_stamp('sdk', {'inputs': stamp['inputs'], 'head': head})


def refuse_edits(layout):
  """Stop when build/sdk holds work that is in no patch yet."""
  if not (layout.sdk / '.git').is_dir():
    return
  git = repository(layout.sdk)
  edited = git('status', '--porcelain', '--untracked-files=no').splitlines()
  if edited:
    files = ', '.join(line[3:] for line in edited[:5])
    raise ForkError(f'build/sdk holds edits that are in no patch: {files}',
                    'tools/fork.py refresh NNNN folds them into that patch; '
                    'git -C build/sdk checkout -- . drops them')
  head = layout.read_stamp('sdk').get('head')
  if head and git('rev-parse', 'HEAD') != head:
    raise ForkError('build/sdk holds commits that are in no patch',
                    'tools/fork.py refresh writes them to patches/; '
                    f'git -C build/sdk reset --hard {head[:12]} drops them')


def build_anew(layout, pin):
  """Make the whole repository beside the old one and put it in its place. Returns its head."""
  fresh = layout.build / 'sdk.new'
  with step('assembling build/sdk anew'):
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    lay_foundation(layout, pin, fresh)
    head = commit_series(layout, pin, fresh)
    repository(fresh)('reset', '--hard', '--quiet', head)
    layout.drop_stamp('sdk')
    shutil.rmtree(layout.sdk, ignore_errors=True)
    fresh.rename(layout.sdk)
  return head


def lay_foundation(layout, pin, tree):
  """Commit the pristine base and what completes it, tagged `base` and `complete`."""
  git = repository(tree)
  git.create()
  (tree / '.git/info/exclude').write_text(''.join(f'{path}\n' for path in UNTRACKED))
  Git(tree / '.git', layout.base)('add', '--all', '--force', '.')
  base = git.commit_index(f'Emscripten {pin.version}, pristine ({pin.commit})\n')
  git('reset', '--hard', '--quiet', base)
  completion.complete(tree, layout.prefix)
  git('add', '--all', '--force', '.')
  complete = git.commit_index('Complete the base\n\nWhat the archive leaves out.\n', base)
  git('reset', '--soft', complete)
  git('tag', 'base', base)
  git('tag', 'complete', complete)


def commit_series(layout, pin, tree):
  """Commit overlay and patches on top of the foundation, in an index of their own."""
  git = repository(tree, 'fork-index')
  head = commit_overlay(layout, pin, git)
  return commit_patches(git, head, patches.read_series(layout.patches))


def commit_overlay(layout, pin, git):
  """Commit our shipped files as symlinks into the repository, tagged `overlay`."""
  paths = overlay.shipped(layout.root, pin.overlay)
  problems = shadow_problems(git, paths, pin.shadows)
  if problems:
    raise ForkError('; '.join(problems), 'rename our file, or see `shadows` in upstream.json')
  git('read-tree', 'complete')
  blobs = store_blobs(git, [link_target(path) for path in paths])
  entries = ''.join(f'120000 {blob}\t{path}\n' for blob, path in zip(blobs, paths, strict=True))
  git('update-index', '--add', '--replace', '--index-info', stdin=entries.encode())
  head = git.commit_index('Overlay: our own files\n', git('rev-parse', 'complete'))
  git('tag', '--force', 'overlay', head)
  return head


def link_target(path):
  """Where build/sdk/<path> points: the same path in our repository."""
  return '../' * (2 + path.count('/')) + path


def store_blobs(git, texts):
  """The blob ids of `texts`, stored by one run of git."""
  with tempfile.TemporaryDirectory() as scratch:
    for number, text in enumerate(texts):
      Path(scratch, str(number)).write_text(text, encoding='utf-8')
    names = ''.join(f'{scratch}/{number}\n' for number in range(len(texts)))
    return git('hash-object', '-w', '--no-filters', '--stdin-paths', stdin=names.encode()).split()


def upstream_blobs(git):
  """The git blob hash of each upstream file."""
  listing = git('ls-tree', '-r', '-z', 'base').split('\0')
  return {path: about.split()[2] for about, _, path in (line.partition('\t') for line in listing) if path}


def stand_in_problems(git, paths, stand_ins):
  """Each upstream file that has changed since a file of ours was written to be linked instead of it."""
  upstream = upstream_blobs(git)
  problems = [f'upstream.json names the stand-in {path}, but we ship no such file'
              for path in stand_ins if path not in paths]
  for ours, theirs in stand_ins.items():
    problems += [f'upstream\'s {path} is {upstream.get(path, "gone")}; {ours} was written after {blob}: '
                 'carry over what changed, then name the new hash in upstream.json'
                 for path, blob in theirs.items() if upstream.get(path) != blob]
  return problems


def shadow_problems(git, paths, shadows):
  """Each shipped path that replaces an upstream file without upstream.json's consent."""
  upstream = upstream_blobs(git)
  problems = [f'our {path} replaces an upstream file that upstream.json\'s shadows do not name'
              for path in paths if path in upstream and path not in shadows]
  for path, blob in shadows.items():
    if path not in paths:
      problems.append(f'upstream.json names the shadow {path}, but we ship no such file')
    elif upstream.get(path) != blob:
      problems.append(f'upstream\'s {path} is {upstream.get(path, "gone")}; '
                      f'the shadow in upstream.json replaces {blob}')
  return problems


def commit_patches(git, head, series):
  """Commit each patch of `series` on `head`, whose tree is in git's index. Returns the last."""
  for patch in series:
    patches.apply_patch(git, patch)
    head = git.commit_index(f'{patch.name}\n\n{patch.header}', head)
  return head


def assemble_stock(layout, pin):
  """Bring build/stock up to date: upstream and only what makes it run on our toolchain."""
  assemble(layout, pin)
  git = Git(layout.sdk / '.git', layout.stock, layout.sdk / '.git/stock-index')
  scratch = repository(layout.sdk, 'fork-index')
  scratch('read-tree', 'complete')
  series = [patch for patch in patches.read_series(layout.patches) if patch.group in STOCK_GROUPS]
  head = commit_patches(scratch, scratch('rev-parse', 'complete'), series)
  old = layout.read_stamp('stock').get('head')
  if head != old or not layout.stock.is_dir():
    with step('assembling build/stock'):
      layout.drop_stamp('stock')
      move_stock(layout, git, old, head)
  configure(layout, layout.stock, 'stock')
  layout.write_stamp('stock', {'head': head})


def move_stock(layout, git, old, head):
  """Take build/stock from commit `old`, or from nothing, to `head`."""
  if old and layout.stock.is_dir() and not git.attempt('cat-file', '-e', old).returncode:
    git('read-tree', '-m', '-u', old, head)
    return
  shutil.rmtree(layout.stock, ignore_errors=True)
  layout.stock.mkdir(parents=True)
  git('read-tree', '--reset', '-u', head)
