# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# Keeps one process tree. As a script it runs the command it is given, and when that ends, or when its own
# stdin is closed, kills every process that came from it. Kept starts it, with a pipe as stdin whose other
# end pytest holds: so the tree ends with pytest, however pytest ends. Compilers (build.py), browsers
# (browsers.py) and Node (run.py) all run under it.

import ctypes
import os
import select
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def prctl(option, value):
  if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
    raise OSError(ctypes.get_errno(), 'prctl')


def die_with_parent():
  """Ends this process when its parent ends, without a chance to tidy up."""
  prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Kept:
  """A command with all it starts, kept by this file run as a script; its output is in files of `folder`."""

  def __init__(self, command, folder, env=None, cwd=None):
    self.out = folder / 'stdout'
    self.err = folder / 'stderr'
    with self.out.open('wb') as out, self.err.open('wb') as err:
      # A session of its own: Ctrl-C must reach pytest alone, which then closes stdin.
      self.process = subprocess.Popen(
        [sys.executable, '-I', __file__, *command], stdin=subprocess.PIPE, stdout=out, stderr=err,
        env=env, cwd=cwd, start_new_session=True)

  def poll(self):
    return self.process.poll()

  def wait(self, seconds):
    """The exit status, or None if it still runs then."""
    try:
      return self.process.wait(seconds)
    except subprocess.TimeoutExpired:
      return None

  def kill(self):
    self.process.stdin.close()
    self.process.wait(30)


def kill_descendants():
  # A subreaper inherits every orphan below it, so "no child left" means "nothing left".
  while True:
    try:
      if os.waitpid(-1, os.WNOHANG)[0]:
        continue
    except ChildProcessError:
      return
    import psutil  # here: most runs leave nothing behind and are spared the import
    for process in psutil.Process().children(recursive=True):
      try:
        process.kill()
      except psutil.NoSuchProcess:
        pass
    try:
      os.waitpid(-1, 0)
    except ChildProcessError:
      return


def main():
  prctl(PR_SET_CHILD_SUBREAPER, 1)
  child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
  ended = os.pidfd_open(child.pid)
  select.select([ended, sys.stdin], [], [])
  status = child.poll()
  kill_descendants()
  if status is None:
    return 128 + signal.SIGKILL
  return status if status >= 0 else 128 - status


if __name__ == '__main__':
  sys.exit(main())
