# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# system/lib/deputy/worker_pool.h, handshake.h and call_ring.h, natively: in every interleaving of small cases, the pool
# and the ring under ThreadSanitizer at full speed, the ring with any bytes in it, and the pool with any events. Each
# check is also seen to fail, with a flaw put into a copy of the header. native/README.md has the long forms; no engine
# and no Emscripten is needed.

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from harness.build import REPO

NATIVE = Path(__file__).parent / 'native'
LOGIC = REPO / 'system' / 'lib' / 'deputy'

explored = pytest.mark.xdist_group('native_explore')
stressed = pytest.mark.xdist_group('native_stress')


def find_compiler():
  compiler = shutil.which('g++') or shutil.which('clang++')
  if not compiler:
    pytest.skip('there is no native C++ compiler: install g++')
  return compiler


def compile_native(source, folder, *flags, logic=LOGIC):
  """Compile a program of test/native with the header from `logic`."""
  program = folder / Path(source).stem
  done = subprocess.run([find_compiler(), '-std=c++20', '-g', '-Wall', '-Wextra', *flags, '-I', logic, '-I', LOGIC,
                         NATIVE / source, '-o', program, '-pthread'], capture_output=True, text=True, check=False)
  assert done.returncode == 0, done.stderr
  return program


@functools.cache
def without_randomized_addresses():
  """ThreadSanitizer of older compilers can't live with as much of it as newer kernels have."""
  command = ['setarch', '-R']
  try:
    works = subprocess.run([*command, 'true'], capture_output=True, check=False).returncode == 0
  except FileNotFoundError:
    works = False
  return command if works else []


def run(program, *args):
  # The first race says enough: a report for each takes minutes.
  env = {**os.environ, 'TSAN_OPTIONS': 'halt_on_error=1'}
  done = subprocess.run([*without_randomized_addresses(), program, *map(str, args)], capture_output=True, text=True,
                        errors='replace', env=env, timeout=240, check=False)
  print(done.stdout + done.stderr)
  return done


def assert_holds(program, *cases):
  done = run(program, *cases)
  assert done.returncode == 0, done.stdout + done.stderr
  assert len(re.findall(r' ok: \d+ states', done.stdout)) == len(cases)


@pytest.fixture(scope='session')
def explore(tmp_path_factory):
  """Explore cases of worker_pool_explore.cpp; each must hold."""
  return functools.partial(
    assert_holds, compile_native('worker_pool_explore.cpp', tmp_path_factory.mktemp('explore'), '-O2'))


@pytest.fixture(scope='session')
def stress(tmp_path_factory):
  """Play a scene of worker_pool_stress.cpp under ThreadSanitizer."""
  program = compile_native('worker_pool_stress.cpp', tmp_path_factory.mktemp('stress'), '-O1', '-fsanitize=thread')

  def stress(scene, threads):
    done = run(program, '--patience', 60, '--threads', threads, scene)
    assert done.returncode == 0, done.stdout + done.stderr
  return stress


@explored
def test_no_start_is_lost_between_creators_and_workers(explore):
  explore('start', 'queue', 'hand-over', 'withdraw')


@explored
def test_no_start_is_lost_when_a_worker_parks_or_blocks_again(explore):
  explore('park', 'resume')


@explored
def test_missing_workers_are_started_and_no_more_than_needed(explore):
  explore('grow', 'join', 'spare')


@explored
def test_no_start_is_lost_when_a_worker_is_retired(explore):
  explore('retire', 'retire-parked')


@explored
def test_threads_of_dead_workers_end_and_their_starts_go_elsewhere(explore):
  explore('death', 'death-parked', 'death-retire', 'crash', 'resign')


@explored
def test_one_worker_runs_threads_in_order(explore):
  explore('order')


@explored
def test_admission_fails_at_the_limit_and_not_before(explore):
  explore('limit', 'limit-dismiss')


@stressed
def test_storm_loses_no_thread_and_runs_none_twice(stress):
  stress('storm', 40000)


@stressed
def test_crowd_needs_more_than_one_word_of_bits(stress):
  stress('crowd', 30000)


@stressed
def test_create_and_join_need_two_workers_only(stress):
  stress('turn', 10000)


@stressed
def test_line_before_one_worker_keeps_its_order(stress):
  stress('line', 30000)


@stressed
def test_threads_that_the_ui_takes_from_the_queue_end_once(stress):
  stress('pull', 40000)


@stressed
def test_limit_holds_at_full_speed(stress):
  stress('limit', 50000)


@explored
def test_no_mail_is_left_and_no_caller_waits_for_good(tmp_path):
  assert_holds(compile_native('mailbox_explore.cpp', tmp_path, '-O2'), 'calls', 'turns', 'throws', 'abandons')


def with_flaw(folder, old, new, header='worker_pool.h'):
  """A folder with a copy of the header in which `new` stands for `old`."""
  text = (LOGIC / header).read_text(encoding='utf-8')
  assert text.count(old) == 1, f'{header} has changed: find another way to put in the flaw {old!r} -> {new!r}'
  (folder / header).write_text(text.replace(old, new), encoding='utf-8')
  return folder


LOST = 'a thread was submitted, and nobody runs it'

# What is wrong: the line of worker_pool.h, what it becomes, the case that shows it, what is said of it.
FLAWS = {
  'submit_does_not_look_for_workers_again': (
    'queued_.fetch_add(1, std::memory_order_seq_cst);\n    kick();',
    'queued_.fetch_add(1, std::memory_order_seq_cst);', 'hand-over', LOST),
  'worker_does_not_look_at_the_queue_again': (
    'if (queued_.load(std::memory_order_seq_cst) == 0 || !own(slot, map)) {', 'if (true) {', 'hand-over', LOST),
  'claim_ignores_that_another_was_first': (
    'if (map[i].fetch_and(~bit, std::memory_order_acq_rel) & bit) {',
    'if (map[i].fetch_and(~bit, std::memory_order_acq_rel) | bit) {', 'hand-over', 'which is not idle'),
  'worker_parks_while_somebody_speaks_to_it': (
    'word.load(std::memory_order_acquire) == HOT && own(slot, hot_)',
    'word.load(std::memory_order_acquire) == HOT', 'park', 'FAILED'),
  'end_is_told_before_the_worker_can_be_had': (
    'bool told = false;', 'bool told = true;\n    over();', 'join', 'before its worker can be had'),
  'start_of_a_dead_worker_is_forgotten': (
    'submit(last - START);', '', 'death', LOST),
  'newest_thread_is_taken_first': (
    'static_cast<int32_t>(waiting - seen) < 0', 'static_cast<int32_t>(waiting - seen) > 0', 'order', 'runs after job'),
  'admission_looks_and_then_counts': (
    '!live_.compare_exchange_weak(live, live + 1, std::memory_order_seq_cst));',
    '(live = live_.fetch_add(1), false));', 'limit', 'and the limit is'),
}


# The same of handshake.h.
MAIL_FLAWS = {
  'thread_leaves_whatever_has_come': (
    'return atomic_compare_exchange_strong(word, &expected, NOTIFICATION_NONE);',
    'return atomic_exchange(word, NOTIFICATION_NONE) || expected;', 'calls', 'nobody looks'),
  'thread_is_woken_when_it_is_there_only': (
    'atomic_exchange(word, NOTIFICATION_PENDING) == NOTIFICATION_NONE',
    'atomic_exchange(word, NOTIFICATION_PENDING) == NOTIFICATION_RECEIVED', 'calls', 'nobody looks'),
  'thread_does_not_say_that_it_is_there': (
    'atomic_store(word, NOTIFICATION_RECEIVED);', '(void)word;', 'calls', ''),
  'caller_sleeps_when_its_call_has_ended': (
    'int expected = CALL_PENDING;\n  return atomic_compare_exchange_strong(word, &expected, CALL_SLEEPING);',
    'return atomic_exchange(word, CALL_SLEEPING) != CALL_ABANDONED;', 'calls', 'waits for good'),
  'caller_leaves_when_its_call_has_ended': (
    'int expected = CALL_SLEEPING;\n  return atomic_compare_exchange_strong(word, &expected, CALL_ABANDONED);',
    'return atomic_exchange(word, CALL_ABANDONED) != CALL_PENDING;', 'abandons', 'has no end'),
}


def assert_found(folder, source, header, old, new, case, message):
  program = compile_native(source, folder, '-O1', logic=with_flaw(folder, old, new, header))
  done = run(program, case)
  assert done.returncode == 1
  assert message in done.stdout
  assert 'the way there' in done.stdout


@pytest.mark.parametrize('flaw', FLAWS)
def test_exploration_finds(flaw, tmp_path):
  assert_found(tmp_path, 'worker_pool_explore.cpp', 'worker_pool.h', *FLAWS[flaw])


@pytest.mark.parametrize('flaw', MAIL_FLAWS)
def test_exploration_of_mail_finds(flaw, tmp_path):
  assert_found(tmp_path, 'mailbox_explore.cpp', 'handshake.h', *MAIL_FLAWS[flaw])


def test_thread_sanitizer_finds_a_hand_over_without_order(tmp_path):
  logic = with_flaw(tmp_path, 'slots_[slot].word.store(message, std::memory_order_release);',
                    'slots_[slot].word.store(message, std::memory_order_relaxed);')
  program = compile_native('worker_pool_stress.cpp', tmp_path, '-O1', '-fsanitize=thread', logic=logic)
  done = run(program, '--threads', 20000, 'storm')
  assert done.returncode != 0
  assert 'ThreadSanitizer: data race' in done.stderr


def test_stress_finds_a_start_that_is_overwritten(tmp_path):
  logic = with_flaw(tmp_path, *FLAWS['claim_ignores_that_another_was_first'][:2])
  program = compile_native('worker_pool_stress.cpp', tmp_path, '-O1', logic=logic)
  done = run(program, '--threads', 300000, '--patience', 2, 'storm')
  assert done.returncode == 1
  assert 'FAILED in scene storm' in done.stdout


# ---- Calls from the page -----------------------------------------------------

ANY_BYTES = ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover', '-DDRIVER']


def assert_fuzz(target, folder):
  """Replay the inputs of corpus/<target>, then play random ones for some seconds."""
  program = compile_native(f'{target}_fuzz.cpp', folder, *ANY_BYTES)
  inputs = sorted((NATIVE / 'corpus' / target).iterdir())
  done = run(program, *inputs)
  assert done.returncode == 0 and done.stdout == f'{len(inputs)} inputs ok\n'
  done = run(program, 3)
  assert done.returncode == 0 and done.stdout.endswith(' inputs ok\n')


@stressed
def test_no_call_of_the_page_is_lost(tmp_path):
  done = run(compile_native('call_ring_stress.cpp', tmp_path, '-O1', '-fsanitize=thread'), '--calls', 30000)
  assert done.returncode == 0 and done.stdout == '60000 calls ok\n'


def test_any_bytes_from_the_page(tmp_path):
  assert_fuzz('call_ring', tmp_path)


def test_any_events_in_the_pool(tmp_path):
  assert_fuzz('worker_pool', tmp_path)


# The same as FLAWS, for events that come in any order.
EVENT_FLAWS = {
  'worker_does_not_look_at_the_queue_again': (
    'if (queued_.load(std::memory_order_seq_cst) == 0 || !own(slot, map)) {', 'if (true) {', 'nobody told it'),
  'worker_parks_while_somebody_speaks_to_it': (
    'word.load(std::memory_order_acquire) == HOT && own(slot, hot_)',
    'word.load(std::memory_order_acquire) == HOT', 'is not what its worker is at'),
  'tickets_do_not_wrap': (
    'static_cast<int32_t>(waiting - seen) < 0', 'waiting < seen', 'which is older'),
  'kick_of_a_dead_worker_is_forgotten': (
    'last == KICK) {\n      kick();', 'last == KICK) {', 'nobody told it'),
  'worker_that_never_loaded_counts_as_loading': (
    'if (last == LOADING)', 'if (false)', 'of them loading'),
  'admission_looks_and_then_counts': (
    '!live_.compare_exchange_weak(live, live + 1, std::memory_order_seq_cst));',
    '(live = live_.fetch_add(1), false));', 'FAILED'),
  'more_are_retired_than_were_not_needed': (
    'size() > wanted(peak + spare) && retire()', 'size() > wanted(spare - 0 * peak) && retire()', 'are needed'),
}


@pytest.mark.parametrize('flaw', EVENT_FLAWS)
def test_any_events_find(flaw, tmp_path):
  old, new, message = EVENT_FLAWS[flaw]
  program = compile_native('worker_pool_fuzz.cpp', tmp_path, '-O1', '-DDRIVER', logic=with_flaw(tmp_path, old, new))
  done = run(program, 20)
  assert done.returncode != 0
  assert message in done.stdout
  assert 'the way there' in done.stdout


@pytest.mark.parametrize(('arguments', 'says'), [
  (['abc'], 'argument SECONDS: '), (['nan'], 'argument SECONDS: '), (['0'], 'argument SECONDS: '),
  (['1', 'no_such'], 'argument TARGET: ')])
def test_fuzz_says_what_it_does_not_take(arguments, says):
  done = run(NATIVE / 'fuzz.py', *arguments)
  assert (done.returncode, done.stdout) == (2, '')
  assert f'fuzz.py: error: {says}' in done.stderr


# What is wrong, the program that shows it, and what is said.
RING_FLAWS = {
  'room_is_given_before_it_was_read': (
    'position + bytes, std::memory_order_seq_cst', 'position + bytes, std::memory_order_relaxed', 'stress', 'data race'),
  'end_of_the_ring_is_not_its_beginning': (
    'ring.bytes, bytes - first', 'ring.bytes + at, bytes - first', 'stress', 'failed: '),
  'names_need_memory': (
    '(can_keep_small || head.kind == MessageKind::NAME)', 'can_keep_small', 'stress', 'failed: no memory for a name'),
  'bytes_may_lie_beyond_the_message': (
    'argument.length > size - argument.offset', 'argument.length > size', 'fuzz', 'buffer-overflow'),
  'there_may_be_more_arguments_than_bytes': (
    'count > (size - sizeof(Message)) / sizeof(Argument)', 'count > size / sizeof(Argument)', 'fuzz', 'buffer-overflow'),
}


@pytest.mark.parametrize('flaw', RING_FLAWS)
def test_ring_checks_find(flaw, tmp_path):
  old, new, kind, message = RING_FLAWS[flaw]
  logic = with_flaw(tmp_path, old, new, 'call_ring.h')
  flags = ['-O1', '-fsanitize=thread'] if kind == 'stress' else ANY_BYTES
  done = run(compile_native(f'call_ring_{kind}.cpp', tmp_path, *flags, logic=logic), *(['--calls', 30000] if kind == 'stress' else [5]))
  assert done.returncode != 0
  assert message in done.stdout + done.stderr
