# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Proof that overlay and patches are sound: one line a check, details below a failed one.

Patches are tried in an index of build/sdk's repository, so no file moves. Style is judged by upstream's
own settings, read from the assembled tree.
"""

import fnmatch
import subprocess
from collections import Counter

from . import overlay, patches, seams, toolchain, tree
from .command import run
from .report import ForkError

GOAL_PATCHES = 8
GOAL_LINES = 150


def check(layout, pin):
  """Run every check and print its line. Returns whether all passed."""
  checks = {
    'base, overlay and patches assemble': lambda: assemble(layout, pin),
    'series and folder name the same patches': lambda: compare_series(layout),
    'every patch header is complete': lambda: check_headers(layout),
    'every patch applies without fuzz or offset, and reverses to the base':
      lambda: check_patches(layout, pin),
    'no shipped file shadows an upstream file unnamed': lambda: check_shadows(layout, pin),
    'what our stand-ins were written after is what upstream has': lambda: check_stand_ins(layout, pin),
    'what our files wrap and include of upstream\'s is there, and named': lambda: check_seams(layout, pin),
    'ruff, upstream\'s settings': lambda: check_python(layout),
    'eslint, upstream\'s settings': lambda: check_javascript(layout),
    'clang-format': lambda: check_native(layout),
  }
  failed = 0
  for title, judge in checks.items():
    try:
      problems = judge()
    except ForkError as error:
      problems = str(error).splitlines()
    print(f'{"FAILED" if problems else "ok":6}  {title}', flush=True)
    for problem in problems:
      print(f'          {problem}')
    failed += bool(problems)
  print(size(layout))
  print(f'{len(checks) - failed} passed, {failed} failed')
  return not failed


def assemble(layout, pin):
  tree.assemble(layout, pin)
  return []


def size(layout):
  try:
    series = patches.read_series(layout.patches)
    lines = sum(patch.changed_lines for patch in series)
  except ForkError:
    return 'the series cannot be measured'
  return f'{len(series)} patches change {lines} lines; the goal is {GOAL_PATCHES} and {GOAL_LINES} at most'


def compare_series(layout):
  names = Counter(patch.name for patch in patches.read_series(layout.patches))
  there = {path.name for path in layout.patches.glob('*.patch')}
  problems = [f'{name} stands {count} times in the series' for name, count in names.items() if count > 1]
  problems += [f'{name} is not in patches/series: add its line or delete it'
               for name in sorted(there - names.keys())]
  problems += [f'{name} is not named NNNN-area-verb-object.patch'
               for name in sorted(names) if not patches.NAME.fullmatch(name)]
  return problems


def check_headers(layout):
  problems = []
  for patch in patches.read_series(layout.patches):
    problems += [f'{patch.name} lacks the header field `{field}:`'
                 for field in patches.FIELDS if not patch.fields.get(field)]
    name, _, test = patch.fields.get('Test', '').partition('::')
    file = layout.root / name
    if name and not (file.is_file() and f'def {test}(' in file.read_text()):
      problems.append(f'{patch.name} names a test that is not there: {name}::{test}')
  return problems


def check_patches(layout, pin):
  """Apply the series in order, then reverse it; both must be exact."""
  series = patches.read_series(layout.patches)
  git = tree.repository(layout.sdk, 'check-index')
  git('read-tree', 'complete')
  problems = []
  for patch in series:
    problems += [f'{patch.name}: {offset}; tools/fork.py refresh rewrites it'
                 for offset in patches.apply_patch(git, patch)]
  for patch in reversed(series):
    patches.apply_patch(git, patch, reverse=True)
  restored, complete, base = git('write-tree'), *git('rev-parse', 'complete^{tree}', 'base^{tree}').split()
  if restored != complete:
    problems.append(f'reversing leaves the tree {restored}, not {complete}')
  if layout.read_stamp('base').get('pristine') and base != pin.tree:
    problems.append(f'the base\'s tree is {base}; upstream.json says {pin.tree}')
  return problems


def check_shadows(layout, pin):
  paths = overlay.shipped(layout.root, pin.overlay)
  return tree.shadow_problems(tree.repository(layout.sdk), paths, pin.shadows)


def check_stand_ins(layout, pin):
  paths = overlay.shipped(layout.root, pin.overlay)
  return tree.stand_in_problems(tree.repository(layout.sdk), paths, pin.stand_ins)


def check_seams(layout, pin):
  return seams.problems(layout, pin, seams.Tree(needed(layout.base)))


def needed(path):
  """`path`, if set-up has made it."""
  if not path.exists():
    raise ForkError(f'there is no {path}', 'tools/fork.py setup')
  return path


def our_files(layout, *suffixes):
  """Our files with one of `suffixes`, relative to the root, less what others wrote."""
  listing = run(['git', 'ls-files', '--cached', '--others', '--exclude-standard', '-z'],
                'run it in a checkout of the fork', cwd=layout.root)
  return sorted({name for name in listing.split('\0')
                 if name.endswith(suffixes) and 'third_party/' not in name and (layout.root / name).exists()})


def complaints(argv, cwd):
  """What a checking tool printed when it failed, or how it ended if it printed nothing."""
  done = subprocess.run([str(arg) for arg in argv], cwd=cwd, capture_output=True, text=True)
  if not done.returncode:
    return []
  return (done.stdout + done.stderr).strip().splitlines() or [f'{argv[0]} ended with exit code {done.returncode}']


def tool(layout, name):
  found = toolchain.find_tool(layout, name)
  if not found:
    raise ForkError(f'{name} is neither in build/toolchain nor on PATH', f'install {name}')
  return found


def check_python(layout):
  settings = needed(layout.sdk / 'pyproject.toml')
  files = our_files(layout, '.py')
  return complaints([tool(layout, 'ruff'), 'check', '--no-cache', '--quiet', '--output-format', 'concise',
                     '--config', settings, *files], layout.root)


def check_javascript(layout):
  """Lint our modules and scripts, libraries in upstream's preprocessed dialect excepted."""
  files = [name for name in our_files(layout, '.js', '.mjs', '.cjs') if not name.startswith('src/lib/')]
  eslint = layout.node_modules / '.bin/eslint'
  if not eslint.exists():
    raise ForkError(f'{eslint} is missing', 'tools/fork.py setup --for test')
  return complaints([eslint, *files], layout.root) if files else []


def check_native(layout):
  ignored = [line.rstrip() for line in needed(layout.sdk / '.clang-format-ignore').read_text().splitlines()
             if line and not line.startswith('#')]
  files = [name for name in our_files(layout, '.c', '.cpp', '.h')
           if not any(name.startswith(p) or fnmatch.fnmatch(name, p) for p in ignored)]
  if not files:
    return []
  return complaints([tool(layout, 'clang-format'), '--dry-run', '-Werror', *files], layout.root)
