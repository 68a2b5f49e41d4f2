# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Running other programs; Git is the fork tool's one way to call git."""

import os
import subprocess

from .report import ForkError

# A fixed author and time: the same inputs make the same commit, so a commit's id says whether
# anything changed.
IDENTITY = {
  f'GIT_{who}_{what}': value
  for who in ('AUTHOR', 'COMMITTER')
  for what, value in (('NAME', 'Emscripten Deputy'),
                      ('EMAIL', 'fork@deputy.invalid'),
                      ('DATE', '2026-01-01T00:00:00Z'))
}


def run(argv, remedy, **options):
  """Run `argv` and return what it printed; a failure shows the end of its output."""
  argv = [str(arg) for arg in argv]
  try:
    done = subprocess.run(argv, capture_output=True, text=True, **options)
  except FileNotFoundError:
    raise ForkError(f'`{argv[0]}` is not installed', remedy) from None
  if done.returncode:
    tail = '\n'.join((done.stdout + done.stderr).strip().splitlines()[-12:])
    raise ForkError(f'`{" ".join(argv)}` failed ({done.returncode}):\n{tail}', remedy)
  return done.stdout


class Git:
  """A git repository with a work tree and index of its own choice.

  It ignores the user's configuration and any GIT_* variable around us (a hook sets them).
  """

  def __init__(self, repository, work_tree, index=None):
    self.repository = repository
    self.work_tree = work_tree
    self.env = {k: v for k, v in os.environ.items() if not k.startswith('GIT_')}
    self.env.update(IDENTITY, GIT_DIR=str(repository), GIT_WORK_TREE=str(work_tree),
                    GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM='1', LC_ALL='C')
    if index:
      self.env['GIT_INDEX_FILE'] = str(index)

  def attempt(self, *args, stdin=None):
    """Run git and return the finished process, whatever its result."""
    if not self.work_tree.is_dir():
      raise ForkError(f'there is no {self.work_tree}', 'tools/fork.py setup')
    return subprocess.run(['git', *map(str, args)], env=self.env, cwd=self.work_tree,
                          input=stdin, capture_output=True)

  def __call__(self, *args, stdin=None):
    """Run git and return what it printed."""
    done = self.attempt(*args, stdin=stdin)
    if done.returncode:
      problem = done.stderr.decode(errors='replace').strip()
      raise ForkError(f'git {args[0]} failed in {self.work_tree}: {problem}',
                      f'look at the repository {self.repository}; '
                      'deleting it and assembling again is safe when it holds no edits')
    return done.stdout.decode(errors='surrogateescape').rstrip('\n')

  def create(self):
    """Make the repository, storing uncompressed: assembling is about time, not size."""
    self('init', '--quiet', '--initial-branch=main')
    for key, value in (('core.compression', '0'), ('core.autocrlf', 'false'),
                       ('core.fsync', 'none'), ('gc.auto', '0')):
      self('config', key, value)
    # Upstream's .gitattributes must not touch a byte: the tree hash is of the files as they are.
    (self.repository / 'info').mkdir(exist_ok=True)
    (self.repository / 'info/attributes').write_text('* -text\n')

  def commit_index(self, message, *parents):
    tree = self('write-tree')
    flags = [word for parent in parents for word in ('-p', parent)]
    return self('commit-tree', tree, *flags, stdin=message.encode())
