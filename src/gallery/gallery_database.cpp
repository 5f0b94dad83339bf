#include "gallery/gallery_database.h"

#include <sqlite3.h>
#include <unistd.h>

#include "core/error.h"
#include "core/files.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Mode = GalleryFile::Mode;

constexpr int kWaitMilliseconds = 5000;

// Escapes the characters of a path that have a meaning of their own in a URI.
std::string escaped(const std::string& path) {
  std::string result;
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      result += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      result += c;
    }
  }
  return result;
}

// Sets what is not kept in the file.
void prepare_to_write(SQLite::Database& database) {
  database.exec("PRAGMA journal_mode = WAL");  // this one is kept; GalleryFile::create() cannot set it
  database.exec("PRAGMA foreign_keys = ON");
  database.exec("PRAGMA synchronous = FULL");  // a commit is on the disk when it returns
  database.exec("PRAGMA secure_delete = ON");  // what is removed is overwritten
}

std::unique_ptr<SQLite::Database> open_to_write(const std::string& name, Mode mode) {
  auto database = std::make_unique<SQLite::Database>(name, SQLite::OPEN_READWRITE, kWaitMilliseconds);
  // Before anything is read. SQLite then waits until nobody else has the file open, and keeps everybody out.
  if (mode == Mode::kAlone) database->exec("PRAGMA locking_mode = EXCLUSIVE");
  number_of(*database, "PRAGMA schema_version");
  prepare_to_write(*database);
  return database;
}

std::unique_ptr<SQLite::Database> open_to_read(const std::string& name, int flags) {
  auto database = std::make_unique<SQLite::Database>(name, flags, kWaitMilliseconds);
  database->exec("PRAGMA query_only = ON");
  number_of(*database, "PRAGMA schema_version");
  return database;
}

// Whoever reads the file alone would not see what only the log holds, or see who was removed in it.
void require_no_log(const fs::path& path) {
  const fs::path log = written_place(path).native() + "-wal";  // beside the target of a link
  std::error_code unsized;
  const auto bytes = fs::file_size(log, unsized);
  require(!is_file(log) || (!unsized && bytes == 0),
          "{}: a program that was killed has left a log, {}, which has to be read together with it; open the gallery "
          "once where it can be written",
          printable(path.native()), printable(log.native()));
}

}  // namespace

void rethrow(const SQLite::Exception& error, const fs::path& gallery) {
  const std::string name = printable(gallery.native()), reason = printable(error.what());
  switch (error.getErrorCode() & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      fail("{}: another program has it open; wait for that one or stop it", name);
    case SQLITE_NOTADB:
      fail("{}: not a gallery. `massface gallery create` makes one", name);
    case SQLITE_CORRUPT:
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      fail("{}: damaged ({}). Go back to an earlier copy of it", name, reason);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      fail("{}: it cannot be opened ({}); the file, its folder or the disk may be read-only", name, reason);
    case SQLITE_READONLY:
      fail("{}: it cannot be written; the file, its folder or the disk is read-only", name);
    case SQLITE_FULL:
      throw Failure(fmt::format("{}: the disk is full; nothing of this step was written", name));
    case SQLITE_IOERR:
      throw Failure(fmt::format("{}: its disk cannot be read or written ({}); it may be full", name, reason));
    default:
      throw Failure(fmt::format("{}: {}", name, reason));
  }
}

// A reader opens the file like a writer where it may, since only a writer removes the write-ahead log when it closes
// the file. A file beside which nothing can be written (a disk that is read-only, or full) is read as one that nobody
// changes. The path is absolute, since SQLite has other meanings for some names, such as ":memory:".
std::unique_ptr<SQLite::Database> open_database(const fs::path& path, Mode mode) {
  const std::string name = absolute_path(path).native();
  if (mode != Mode::kRead) {
    // SQLite would say so only later, and as a fault of the disk.
    require(
        ::access(name.c_str(), W_OK) == 0 && ::access(absolute_path(folder_of(written_place(path))).c_str(), W_OK) == 0,
        "{}: it cannot be written; the file, its folder or the disk is read-only", printable(path.native()));
    return open_to_write(name, mode);
  }
  try {
    return open_to_read(name, SQLite::OPEN_READWRITE);
  } catch (const SQLite::Exception& error) {
    const int code = error.getErrorCode() & 0xff;
    const bool cannot_write =
        code == SQLITE_CANTOPEN || code == SQLITE_READONLY || code == SQLITE_IOERR || code == SQLITE_FULL;
    if (!cannot_write) throw;
    require_no_log(path);
    return open_to_read("file://" + escaped(name) + "?immutable=1", SQLite::OPEN_READONLY | SQLite::OPEN_URI);
  }
}

int64_t number_of(SQLite::Database& database, const char* query) { return database.execAndGet(query).getInt64(); }

}  // namespace massface
