/*
 * Copyright 2026 The Emscripten Deputy Authors.
 * SPDX-License-Identifier: MIT
 *
 * A class around SQLite, for JavaScript: each call of it runs on the deputy.
 *
 *   const database = await new Module.Database(':memory:');
 *   const rows = JSON.parse(await database.query('SELECT 1 AS one'));
 */

#include <emscripten.h>
#include <emscripten/bind.h>
#include <emscripten/wasmfs.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdexcept>
#include <string>

namespace {

class Database {
public:
  explicit Database(const std::string& path) {
    if (sqlite3_open(path.c_str(), &handle) != SQLITE_OK) {
      std::string reason = sqlite3_errmsg(handle);
      sqlite3_close(handle);
      throw std::runtime_error(reason);
    }
  }
  ~Database() { sqlite3_close(handle); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Rows as JSON, an array for each.
  std::string query(const std::string& sql) {
    sqlite3_stmt* statement;
    check(sqlite3_prepare_v2(handle, sql.c_str(), -1, &statement, nullptr));
    std::string rows = "[";
    while (sqlite3_step(statement) == SQLITE_ROW) {
      rows += rows.size() > 1 ? ",[" : "[";
      for (int i = 0; i < sqlite3_column_count(statement); i++) {
        if (i) {
          rows += ',';
        }
        rows += json_of(statement, i);
      }
      rows += ']';
    }
    check(sqlite3_finalize(statement));
    return rows + ']';
  }

private:
  sqlite3* handle = nullptr;

  void check(int result) {
    if (result != SQLITE_OK) {
      throw std::runtime_error(sqlite3_errmsg(handle));
    }
  }

  static std::string json_of(sqlite3_stmt* statement, int column) {
    auto* text =
      reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    if (!text) {
      return "null";
    }
    if (sqlite3_column_type(statement, column) != SQLITE_TEXT) {
      return text;
    }
    std::string quoted = "\"";
    for (; *text; text++) {
      if (static_cast<unsigned char>(*text) < ' ') {
        char code[8];
        snprintf(code, sizeof(code), "\\u%04x", *text);
        quoted += code;
        continue;
      }
      if (*text == '"' || *text == '\\') {
        quoted += '\\';
      }
      quoted += *text;
    }
    return quoted + '"';
  }
};

} // namespace

// What is below `path` from now on stays in the origin's private file system.
// 0, or an errno where the engine has none.
extern "C" EMSCRIPTEN_KEEPALIVE int mount_opfs(const char* path) {
  backend_t backend = wasmfs_create_opfs_backend();
  return !backend || wasmfs_create_directory(path, 0700, backend) ? errno : 0;
}

EMSCRIPTEN_BINDINGS(database) {
  emscripten::class_<Database>("Database")
    .constructor<const std::string&>()
    .function("query", &Database::query);
}
