# Copyright 2026 The Emscripten Deputy Authors.
# SPDX-License-Identifier: MIT
#
# SQLite, unmodified from Debian's source, as a library that the page calls (demo/programs.py): 10,000 queries by cwrap(),
# a long one while the page goes on, and a database that stays.

import sys

import pytest
from harness.build import REPO
from harness.features import least, need

sys.path.insert(0, str(REPO / 'demo'))
import programs

pytestmark = pytest.mark.browser_only(reason='it is a page that is to go on')

FRAME_MS = 1000 / 60

OPEN = '''
  const script = document.createElement('script');
  script.src = 'sqlite3.js';
  await new Promise((resolve, reject) => Object.assign(script, {onload: resolve, onerror: reject}) && document.head.append(script));
  const sqlite = await createSqlite();
  const {cwrap} = sqlite;
  const prepare_v2 = cwrap('sqlite3_prepare_v2', 'number', ['pointer', 'string', 'number', 'pointer', 'pointer']);
  const step = cwrap('sqlite3_step', 'number', ['pointer']);
  const columnInt = cwrap('sqlite3_column_int', 'number', ['pointer', 'number']);
  const columnText = cwrap('sqlite3_column_text', 'string', ['pointer', 'number']);
  const finalize = cwrap('sqlite3_finalize', 'number', ['pointer']);
  const exec = cwrap('sqlite3_exec', 'number', ['pointer', 'string', 'pointer', 'pointer', 'pointer']);
  const ROW = 100;
  // A place for what C returns by a pointer.
  const out = await sqlite._malloc(4);
  const pointee = () => sqlite.HEAPU32[out >> 2];
  async function open(path, flags = 6) {
    const code = await sqlite.ccall('sqlite3_open_v2', 'number', ['string', 'pointer', 'number', 'pointer'], [path, out, flags, 0]);
    if (code) throw new Error(`sqlite3_open_v2: ${code}`);
    return pointee();
  }
  async function prepare(database, sql) {
    const code = await prepare_v2(database, sql, -1, out, 0);
    if (code) throw new Error(await sqlite.ccall('sqlite3_errmsg', 'string', ['pointer'], [database]));
    return pointee();
  }
'''


@pytest.fixture(scope='module')
def sqlite():
  script = programs.build('sqlite3')
  return {path.name: path.read_bytes() for path in (script, script.with_suffix('.wasm'))}


def page(run, engine, sqlite, page_js):
  return run(None, engine, files=sqlite, timeout=90, page_js=OPEN + page_js).report


def test_ten_thousand_queries(run, engine, sqlite):
  report = page(run, engine, sqlite, '''
    const database = await open(':memory:');
    await exec(database, 'CREATE TABLE squares (number INTEGER PRIMARY KEY, square INTEGER, name TEXT)', 0, 0, 0);
    await exec(database, `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
      INSERT INTO squares SELECT i, i * i, 'number ' || i FROM n`, 0, 0, 0);
    const statement = await prepare(database, 'SELECT square, name FROM squares WHERE number = ?');
    const begin = performance.now();
    uiGaps.reset();
    let wrong = 0;
    // Many at once: they are run in order.
    for (let from = 0; from < 10000; from += 500) {
      const queries = [];
      for (let i = from; i < from + 500; i++) {
        sqlite._sqlite3_bind_int(statement, 1, i);
        step(statement);
        queries.push(Promise.all([columnInt(statement, 0), columnText(statement, 1)]).then(([square, name]) => {
          if (square != i * i || name != `number ${i}`) wrong++;
        }));
        sqlite._sqlite3_reset(statement);
      }
      await Promise.all(queries);
    }
    const took = performance.now() - begin;
    await finalize(statement);
    return [wrong, took, uiGaps.summary().p99, await sqlite._sqlite3_close(database)];
  ''')
  wrong, took, gap, closed = report
  print(f'{engine}: 10,000 queries in {took:.0f} ms, {took / 10:.1f} us each; 99 % of gaps below {gap:.1f} ms')
  assert wrong == 0
  assert closed == 0


def test_ten_thousand_queries_of_a_class(run, engine, sqlite):
  # Embind's, in demo/sqlite/database.cpp.
  report = page(run, engine, sqlite, '''
    const database = await new sqlite.Database(':memory:');
    await database.query('CREATE TABLE squares (number INTEGER PRIMARY KEY, square INTEGER)');
    const begin = performance.now();
    let wrong = 0;
    for (let from = 0; from < 10000; from += 500) {
      await database.query('BEGIN');
      for (let i = from; i < from + 250; i++) database.query(`INSERT INTO squares VALUES (${i}, ${i * i})`);
      await database.query('COMMIT');
      const rows = await Promise.all(Array.from({length: 250}, (unused, i) => database.query(`SELECT square FROM squares WHERE number = ${from + i}`)));
      wrong += rows.filter((row, i) => row != `[[${(from + i) ** 2}]]`).length;
    }
    const took = performance.now() - begin;
    const error = await database.query('SELECT unknown').catch(({message}) => message);
    await database.delete();
    return [wrong, error, took];
  ''')
  print(f'{engine}: 10,000 queries of a class in {report[2]:.0f} ms')
  assert report[0] == 0
  assert 'std::runtime_error: no such column: unknown' in report[1]


@pytest.mark.quiet
def test_frames_go_on_in_a_long_query(run, engine, sqlite):
  figures = []

  def measure():
    # requestAnimationFrame where the page has frames; the harness's own tick in any case.
    took, count, gap = page(run, engine, sqlite, '''
      const database = await open(':memory:');
      const statement = await prepare(database,
        'WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT count(*), sum(i * i % 7) FROM n');
      uiGaps.reset();
      const begin = performance.now();
      const row = await step(statement);
      const took = performance.now() - begin;
      const {p99} = uiGaps.summary();
      return [took, row == ROW && await columnInt(statement, 0), p99];
    ''')
    assert count == 3000001
    figures.append((took, gap))
    return gap
  gap = least(FRAME_MS, measure)
  print(f'{engine}: {figures}')
  assert figures[0][0] > 300, 'the query is not a long one'
  assert gap < FRAME_MS


def test_query_is_interrupted(run, engine, sqlite):
  # sqlite3_interrupt() may be called beside a query, and takes no lock.
  report = page(run, engine, sqlite, '''
    const database = await open(':memory:');
    const statement = await prepare(database, 'WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n');
    const query = step(statement);
    setTimeout(() => sqlite._sqlite3_interrupt(database), 100);
    const code = await query;
    return [code, await finalize(statement)];
  ''')
  assert report == [9, 9]


def test_database_stays(run, engine, sqlite):
  # Written by one page, read by the next. (WasmFS has no locks of files: nobody else has this one.)
  need(run, engine, 'OPFS', 'navigator.storage?.getDirectory')
  path = "'file:/lasting/test.db?vfs=unix-none'"
  mount = "const mounted = await sqlite.ccall('mount_opfs', 'number', ['string'], ['/lasting']);"
  written = page(run, engine, sqlite, mount + f"""
    const database = await open({path}, 0x46);
    await exec(database, 'DROP TABLE IF EXISTS notes', 0, 0, 0);
    const codes = [await exec(database, 'CREATE TABLE notes (text TEXT)', 0, 0, 0)];
    await exec(database, 'BEGIN', 0, 0, 0);
    for (let i = 0; i < 1000; i++) codes.push(await exec(database, `INSERT INTO notes VALUES ('note ${{i}}')`, 0, 0, 0));
    codes.push(await exec(database, 'COMMIT', 0, 0, 0), await sqlite._sqlite3_close(database));
    return [mounted, codes.findIndex((code) => code)];
  """)
  assert written == [0, -1]
  read = page(run, engine, sqlite, mount + f"""
    const database = await open({path}, 0x46);
    const statement = await prepare(database, 'SELECT count(*), max(text) FROM notes');
    return [mounted, await step(statement), await columnInt(statement, 0), await columnText(statement, 1), await finalize(statement),
      await sqlite._sqlite3_close(database)];
  """)
  assert read == [0, 100, 1000, 'note 999', 0, 0]
