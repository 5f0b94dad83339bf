#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>

#include "gallery/gallery_file.h"

namespace massface {

// Throws what an error of SQLite means for a gallery: Error for a file that is damaged, is none, or is in use; Failure
// for a disk that is full or fails.
[[noreturn]] void rethrow(const SQLite::Exception& error, const std::filesystem::path& gallery);

// Returns what use() returns, and turns errors of SQLite by rethrow().
template <typename Use>
auto guarded(const std::filesystem::path& gallery, const Use& use) {
  try {
    return use();
  } catch (const SQLite::Exception& error) {
    rethrow(error, gallery);
  }
}

// Opens the file. Throws SQLite::Exception, and Error for a log that cannot be read.
std::unique_ptr<SQLite::Database> open_database(const std::filesystem::path& path, GalleryFile::Mode mode);

int64_t number_of(SQLite::Database& database, const char* query);

}  // namespace massface
