# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT

"""Set-up on a host that lacks something: what is missing is said, and what to do."""

import errno
import hashlib
import io
import os
import re
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import fork as fork_tool
import pytest
from overlay import apt, base, host, setup, toolchain
from overlay.report import ForkError

Usage = namedtuple('Usage', 'total used free')


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
  monkeypatch.delenv('DEPUTY_BASE_CACHE', raising=False)
  monkeypatch.setattr(base, 'fetch_from_debian', lambda *_: False)


def make_archive(fork, folder):
  """An archive of the fork's base, pinned."""
  folder.mkdir(parents=True)
  subprocess.run(['tar', '-cJf', folder / 'base.tar.xz', '-C', fork.layout.build, 'base'], check=True)
  sha256 = base.sha256(folder / 'base.tar.xz')
  fork.pin_as({**fork.pin.__dict__, 'archive': {'name': 'base.tar.xz', 'sha256': sha256}})


def test_base_comes_from_a_cache_folder(fork, tmp_path, monkeypatch):
  make_archive(fork, tmp_path / 'cache')
  shutil.rmtree(fork.layout.base)
  monkeypatch.setenv('DEPUTY_BASE_CACHE', str(tmp_path / 'cache'))
  base.ensure(fork.layout, fork.pin)
  assert (fork.layout.base / 'emcc.py').exists()


def test_wrong_hash_shows_both(fork):
  make_archive(fork, fork.layout.downloads)
  archive = fork.layout.downloads / 'base.tar.xz'
  found = base.sha256(archive)
  archive.write_bytes(archive.read_bytes() + b'x')
  with pytest.raises(ForkError, match=f'(?s)is not the pinned base.*{found}.*delete the file'):
    base.ensure(fork.layout, fork.pin)


def test_interrupted_unpacking_begins_anew(fork):
  make_archive(fork, fork.layout.downloads)
  shutil.rmtree(fork.layout.base)
  fork.write('build/base.new/half', '')
  base.ensure(fork.layout, fork.pin)
  assert (fork.layout.base / 'emcc.py').exists()
  assert not (fork.layout.base / 'half').exists()


def test_no_base_anywhere_lists_where_it_looked(fork):
  fork.layout.drop_stamp('base')
  with pytest.raises(ForkError, match=r'(?s)nowhere to be found; looked in: .*shared/base.*--base'):
    base.ensure(fork.layout, fork.pin)


def test_other_tree_of_the_same_base_is_accepted(fork, tmp_path):
  fork.pin_as({**fork.pin.__dict__, 'tree': base.shared_tree(fork.layout.base, fork.pin)})
  other = tmp_path / 'tag'
  shutil.copytree(fork.layout.base, other)
  (other / 'docs').mkdir()
  (other / 'docs/x.pdf').touch()
  base.ensure(fork.layout, fork.pin, str(other))
  assert (fork.layout.base / 'docs/x.pdf').exists()


def test_tree_of_another_base_shows_both_hashes(fork, tmp_path):
  expected = base.shared_tree(fork.layout.base, fork.pin)
  fork.pin_as({**fork.pin.__dict__, 'tree': expected})
  other = tmp_path / 'tag'
  shutil.copytree(fork.layout.base, other)
  (other / 'emcc.py').write_text('other')
  with pytest.raises(ForkError, match=f'is not Emscripten 6.0.5: its tree is [0-9a-f]+, .* {expected}'):
    base.ensure(fork.layout, fork.pin, str(other))
  assert (fork.layout.base / 'emcc.py').read_text() != 'other'
  assert fork.assemble()


def test_full_disk_is_named_with_what_is_needed(tmp_path, monkeypatch):
  monkeypatch.setattr(shutil, 'disk_usage', lambda _: Usage(10, 9, 1_000_000_000))
  with pytest.raises(ForkError, match=r'has 1.0 GB free; set-up needs 2.5 GB'):
    host.check_room(tmp_path)


def test_room_is_asked_for_what_is_missing_only(fork, monkeypatch):
  fork.assemble()
  assert setup.missing_parts(fork.layout) == ['toolchain', 'npm']
  assert setup.missing_parts(fork.layout, own_toolchain=True) == ['npm']
  monkeypatch.setattr(shutil, 'disk_usage', lambda _: Usage(10, 9, 500_000_000))
  host.check_room(fork.layout.build, ['npm'])
  host.check_room(fork.layout.build, [])
  with pytest.raises(ForkError, match=r'has 0.5 GB free; set-up needs 1.2 GB for toolchain, npm'):
    host.check_room(fork.layout.build, setup.missing_parts(fork.layout))


def test_full_disk_during_a_run_says_how_much_and_where(tmp_path, monkeypatch):
  monkeypatch.setattr(shutil, 'disk_usage', lambda _: Usage(10, 9, 1_000_000))
  errors = (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
            ForkError('`tar` failed (2):\ntar: x: No space left on device', 'check the network'))
  for error in errors:
    told = str(host.explain(error, tmp_path))
    assert f'{tmp_path} has 0.0 GB free; a whole set-up takes 2.5 GB' in told
    assert 'next: free some room' in told
    assert 'check the network' not in told


@pytest.mark.parametrize(('error', 'told'), [
  (PermissionError(errno.EACCES, 'Permission denied', 'build/x'), 'Permission denied: .build/x'),
  (subprocess.CalledProcessError(2, ['dpkg-deb', '-x']), r'`dpkg-deb -x` failed \(2\)'),
])
def test_no_traceback_of_the_tool(monkeypatch, capsys, error, told):
  monkeypatch.setattr(fork_tool, 'perform', lambda *_: (_ for _ in ()).throw(error))
  assert fork_tool.main(['check']) == 1
  assert re.search(rf'fork\.py: error: .*{told}(?s:.*)next: ', capsys.readouterr().err)


def test_unreachable_address_of_the_base(fork):
  with socket.socket() as closed:
    closed.bind(('127.0.0.1', 0))  # bound but not listening: it refuses
    url = f'http://127.0.0.1:{closed.getsockname()[1]}/base.tar.xz'
    with pytest.raises(ForkError, match=r'(?s)cannot fetch http.*refused.*--base FILE'):
      base.ensure(fork.layout, fork.pin, url)


@pytest.mark.parametrize('length', [4, 9])
def test_a_download_has_its_name_only_when_it_is_whole(tmp_path, monkeypatch, length):
  answer = io.BytesIO(b'tree')
  answer.headers = {'Content-Length': str(length)}
  waits = []
  monkeypatch.setattr(base.urllib.request, 'urlopen', lambda _, timeout: waits.append(timeout) or answer)
  if length == 4:
    assert base.download('https://host/x.tar', tmp_path).read_bytes() == b'tree'
  else:
    with pytest.raises(ForkError, match='ended after 4 of 9 bytes'):
      base.download('https://host/x.tar', tmp_path)
    assert not list(tmp_path.iterdir())
  assert waits == [base.PATIENCE]


def test_other_processor_is_told_what_to_supply():
  with pytest.raises(ForkError, match=r'(?s)this machine is aarch64.*--llvm DIR --binaryen DIR'):
    host.check_machine('aarch64')


def test_no_apt_says_what_to_supply(monkeypatch):
  monkeypatch.setattr(shutil, 'which', lambda *_, **__: None)
  with pytest.raises(ForkError, match=r'(?s)no apt.*--base FILE --llvm DIR --binaryen DIR'):
    apt.find_mirror()


@pytest.mark.parametrize('user', [0, 1000])
def test_without_lists_root_reads_them_and_a_user_is_told(monkeypatch, user):
  lists = []
  monkeypatch.setattr(os, 'geteuid', lambda: user)
  monkeypatch.setattr(shutil, 'which', lambda *_, **__: '/usr/bin/apt-get')
  monkeypatch.setattr(apt, 'ensure_lists', lambda: lists.append('Debian|stable|http://mirror\n'))
  monkeypatch.setattr(apt, 'run', lambda *_: ''.join(lists))
  if user:
    with pytest.raises(ForkError, match=r'no Debian mirror(?s:.*)`sudo apt-get update`'):
      apt.find_mirror()
  else:
    assert apt.find_mirror().endswith('] http://mirror')


def test_packages_that_are_still_wanted_are_not_fetched_again(tmp_path, monkeypatch):
  debian = apt.Apt(tmp_path, 'forky')
  there = {'a_1.deb': 'whole', 'b_1.deb': 'dxmxged', 'old_1.deb': 'whole'}
  for name, text in there.items():
    (debian.debs / name).write_text(text)
  fetched = []

  def fake(_self, _tool, _verb, *args, cwd):
    names = [f'{package}_1.deb' for package in args[args.index('-qq') + 1:]]
    absent = [name for name in names if not (cwd / name).exists()]
    if '--print-uris' in args:
      digest = hashlib.sha256(b'whole').hexdigest()
      return ''.join(f"'http://x/{name}' {name} 5 SHA256:{digest}\n" for name in absent)
    for name in absent:
      (cwd / name).write_text('whole')
    fetched.extend(absent)
    return ''

  monkeypatch.setattr(apt.Apt, '__call__', fake)
  debs = debian.fetch(['a', 'b', 'c'], 15)
  assert [path.name for path in debs] == ['a_1.deb', 'b_1.deb', 'c_1.deb']
  assert fetched == ['b_1.deb', 'c_1.deb']
  assert sorted(debian.debs.iterdir()) == debs


def test_a_command_that_is_there_needs_no_package():
  assert host.missing_packages('core', lambda need: need not in {'patchelf', 'xz'}) == ['patchelf', 'xz-utils']
  assert 'firefox-esr' in host.missing_packages('test', lambda _: False)


def test_a_user_gets_one_line_to_copy(monkeypatch):
  monkeypatch.setattr(host, 'missing_packages', lambda *_, **__: ['git', 'patchelf'])
  monkeypatch.setattr(os, 'geteuid', lambda: 1000)
  with pytest.raises(ForkError, match=r'sudo apt-get install -y --no-install-recommends git patchelf$'):
    host.ensure_packages('core', offline=False)


def test_the_demo_wants_the_browser_that_set_up_installs():
  demo = Path(__file__).parents[2] / 'demo'
  done = subprocess.run([sys.executable, '-B', '-c', 'import run; print(run.BROWSER)'], cwd=demo,
                        capture_output=True, text=True)
  assert done.stdout.split() == list(host.RUN), done.stderr


def test_own_toolchain_needs_no_patchelf():
  assert host.missing_packages('core', lambda _: False) == sorted(host.CORE.values())
  assert 'patchelf' not in host.missing_packages('core', lambda _: False, own_toolchain=True)


def test_next_accepted_llvm_is_chosen(fork):
  offered = {'clang-23': '1:23.1', 'binaryen': '131-2', 'ruff': '0.1'}
  chosen = toolchain.choose(fork.pin.toolchain, offered, None, None, [], 'forky')
  assert chosen == (['clang-23', 'binaryen'], ['ruff'])


def test_moved_versions_are_reported(fork):
  offers = []
  offered = {'clang-25': '1:25.1', 'binaryen': '140-1'}
  assert toolchain.choose(fork.pin.toolchain, offered, None, None, offers, 'forky') is None
  assert offers == ['forky: clang none, binaryen 140-1']


def test_broken_pin_names_the_file(fork):
  with pytest.raises(ForkError, match=r'upstream\.json'):
    fork.pin_as({'version': '6.0.5'})
