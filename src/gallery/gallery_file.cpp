#include "gallery/gallery_file.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "gallery/gallery_database.h"
#include "gallery/same_place.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

constexpr int kApplication = 0x4d464721;  // "MFG!"
constexpr int kVersion = 1;

constexpr const char* kSchema = R"(
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE faces (
    id INTEGER PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES people (id),
    file TEXT NOT NULL,
    place TEXT NOT NULL,
    quality REAL NOT NULL,
    fingerprint INTEGER NOT NULL,  -- of the embedding
    embedding BLOB NOT NULL,
    UNIQUE (person, fingerprint)
  );
)";

void put_fact(SQLite::Database& database, const char* name, const std::string& value) {
  SQLite::Statement insert(database, "INSERT INTO facts VALUES (?, ?)");
  insert.bind(1, name);
  insert.bind(2, value);
  insert.exec();
}

std::string fact(SQLite::Database& database, const char* name) {
  SQLite::Statement query(database, "SELECT value FROM facts WHERE name = ?");
  query.bind(1, name);
  return query.executeStep() ? query.getColumn(0).getString() : "";
}

int64_t fingerprint_of(const float* embedding, int64_t dimensions) {
  const auto size = static_cast<size_t>(dimensions) * sizeof(float);
  return static_cast<int64_t>(hash64(std::string_view(reinterpret_cast<const char*>(embedding), size)));
}

// The first of the conditions, which ", " divides, that are not equal, of each.
std::pair<std::string, std::string> first_difference(const std::string& a, const std::string& b) {
  const auto next = [](std::string_view& rest) {
    const size_t end = std::min(rest.find(", "), rest.size());
    const std::string part(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 2, rest.size()));
    return part;
  };
  std::string_view rest_of_a = a, rest_of_b = b;
  std::pair<std::string, std::string> parts;
  do {
    parts = {next(rest_of_a), next(rest_of_b)};
  } while (parts.first == parts.second && !(rest_of_a.empty() && rest_of_b.empty()));
  return parts;
}

}  // namespace

// Made in memory and written as any other file, so that of a command that is killed no empty gallery is left.
void GalleryFile::create(const fs::path& path, const GalleryFacts& facts) {
  require(!path_exists(path), "{}: exists already; choose another name, or remove it", printable(path.native()));
  require_writable_file(path);
  guarded(path, [&] {
    SQLite::Database database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec(fmt::format("PRAGMA application_id = {}", kApplication));
    database.exec(fmt::format("PRAGMA user_version = {}", kVersion));
    database.exec(kSchema);
    put_fact(database, "weights", facts.weights);
    put_fact(database, "conditions", facts.conditions);
    put_fact(database, "dimensions", std::to_string(facts.dimensions));
    sqlite3_int64 size = 0;
    const std::unique_ptr<unsigned char, decltype(&sqlite3_free)> bytes(
        sqlite3_serialize(database.getHandle(), "main", &size, 0), &sqlite3_free);
    if (bytes == nullptr) throw std::bad_alloc();
    write_file_atomically(path, std::span<const uint8_t>(bytes.get(), static_cast<size_t>(size)));
  });
  GalleryFile(path, Mode::kWrite);  // from now on with a write-ahead log
}

GalleryFile::GalleryFile(const fs::path& path, Mode mode) : path_(path), mode_(mode) {
  require(path_exists(path), "{}: no such gallery. `massface gallery create` makes one", printable(path.native()));
  require(is_file(path), "{}: not a file, so it is no gallery", printable(path.native()));
  std::error_code unsized;
  constexpr uintmax_t kHeader = 100;  // an empty file is a database to SQLite
  require(fs::file_size(path, unsized) >= kHeader, "{}: not a gallery. `massface gallery create` makes one",
          printable(path.native()));
  guarded(path_, [&] {
    database_ = open_database(path, mode);
    const int64_t application = number_of(*database_, "PRAGMA application_id");
    require(application == kApplication, "{}: not a gallery of MassFace, but another SQLite database",
            printable(path.native()));
    const int64_t version = number_of(*database_, "PRAGMA user_version");
    require(version == kVersion, "{}: a gallery of version {}, and this MassFace knows version {}{}",
            printable(path.native()), version, kVersion, version > kVersion ? "; use a newer MassFace" : "");
    read_facts();
  });
}

GalleryFile::~GalleryFile() = default;

void GalleryFile::read_facts() {
  facts_ = {.weights = fact(*database_, "weights"), .conditions = fact(*database_, "conditions")};
  const std::string dimensions = fact(*database_, "dimensions");
  facts_.dimensions = std::atoll(dimensions.c_str());
  require(facts_.dimensions >= 1 && facts_.dimensions <= 65536 && !facts_.conditions.empty(),
          "{}: damaged: it says nothing of the weights that its embeddings are of", printable(path_.native()));
}

void GalleryFile::require_same(const GalleryFacts& facts) const {
  if (facts.conditions == facts_.conditions && facts.dimensions == facts_.dimensions) return;
  require(facts.conditions != facts_.conditions,
          "{}: damaged: it says that its embeddings have {} dimensions, but those of {} have {}. Go back to an earlier "
          "copy of it",
          printable(path_.native()), facts_.dimensions, printable(facts.weights), facts.dimensions);
  const auto [ours, theirs] = first_difference(facts_.conditions, facts.conditions);
  const auto shown = [](const std::string& part) { return part.empty() ? "the default" : printable(part); };
  require(ours.starts_with("weights "),
          "{} holds embeddings of the same weights with other options: {} in the gallery, {} now. Give the gallery's "
          "options, or make it anew with the others (massface gallery reembed)",
          printable(path_.native()), shown(ours), shown(theirs));
  fail(
      "{} holds embeddings of {} ({}), which cannot be compared with those of {} ({}). Use the same weights and "
      "options, "
      "or make a gallery for the other ones",
      printable(path_.native()), printable(facts_.weights), shown(ours), printable(facts.weights), shown(theirs));
}

std::vector<bool> GalleryFile::add(const std::vector<GalleryFace>& faces) {
  return guarded(path_, [&] {
    std::vector<bool> is_new;
    SQLite::Transaction all(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement person(*database_, "INSERT INTO people (name) VALUES (?) ON CONFLICT DO NOTHING");
    SQLite::Statement face(*database_,
                           "INSERT INTO faces (person, file, place, quality, fingerprint, embedding) "
                           "SELECT id, ?, ?, ?, ?, ? FROM people WHERE name = ? ON CONFLICT DO NOTHING");
    for (const GalleryFace& added : faces) {
      check(std::ssize(added.embedding) == facts_.dimensions, "an embedding has the gallery's dimensions");
      person.reset();
      person.bind(1, added.person);
      person.exec();
      face.reset();
      face.bind(1, added.file);
      face.bind(2, added.place);
      face.bind(3, added.quality);
      const auto bytes = std::as_bytes(std::span(added.embedding));
      face.bind(4, fingerprint_of(added.embedding.data(), std::ssize(added.embedding)));
      face.bind(5, bytes.data(), static_cast<int>(bytes.size()));
      face.bind(6, added.person);
      is_new.push_back(face.exec() > 0);
    }
    all.commit();
    return is_new;
  });
}

std::vector<StoredPerson> GalleryFile::people() const {
  return guarded(path_, [&] {
    SQLite::Statement query(*database_,
                            "SELECT people.id, name, count(faces.id) FROM people LEFT JOIN faces ON person = people.id "
                            "GROUP BY people.id ORDER BY name");
    std::vector<StoredPerson> people;
    while (query.executeStep()) {
      people.push_back({query.getColumn(0).getInt64(), query.getColumn(1).getString(), query.getColumn(2).getInt64()});
    }
    return people;
  });
}

int64_t GalleryFile::num_faces() const {
  return guarded(path_, [&] { return number_of(*database_, "SELECT count(*) FROM faces"); });
}

void GalleryFile::for_each_face(const std::function<void(const StoredFace&)>& use) const {
  guarded(path_, [&] {
    SQLite::Statement query(*database_,
                            "SELECT faces.id, person, name, file, place, quality, embedding, fingerprint FROM faces "
                            "LEFT JOIN people ON person = people.id ORDER BY faces.id");
    StoredFace stored;
    stored.face.embedding.resize(static_cast<size_t>(facts_.dimensions));
    const auto bytes = static_cast<int>(stored.face.embedding.size() * sizeof(float));
    while (query.executeStep()) {
      stored.id = query.getColumn(0).getInt64();
      stored.person_id = query.getColumn(1).getInt64();
      require(!query.getColumn(2).isNull(), "{}: damaged: face {} is of nobody. Go back to an earlier copy of it",
              printable(path_.native()), stored.id);
      stored.face.person = query.getColumn(2).getString();
      stored.face.file = query.getColumn(3).getString();
      stored.face.place = query.getColumn(4).getString();
      stored.face.quality = query.getColumn(5).getDouble();
      const SQLite::Column blob = query.getColumn(6);
      require(blob.getBytes() == bytes, "{}: damaged: face {} has {} bytes of embedding instead of {}",
              printable(path_.native()), stored.id, blob.getBytes(), bytes);
      std::memcpy(stored.face.embedding.data(), blob.getBlob(), static_cast<size_t>(bytes));
      require(fingerprint_of(stored.face.embedding.data(), facts_.dimensions) == query.getColumn(7).getInt64(),
              "{}: damaged: the embedding of face {} is not the one that was added. Go back to an earlier copy of it",
              printable(path_.native()), stored.id);
      use(stored);
    }
  });
}

std::shared_ptr<void> GalleryFile::read_one_state() const {
  return guarded(path_, [&] { return std::make_shared<SQLite::Transaction>(*database_); });
}

std::string GalleryFile::file_of(int64_t face_id) const {
  return guarded(path_, [&]() -> std::string {
    SQLite::Statement query(*database_, "SELECT file FROM faces WHERE id = ?");
    query.bind(1, face_id);
    return query.executeStep() ? query.getColumn(0).getString() : "";
  });
}

int64_t GalleryFile::remove(const std::string& person) {
  check(mode_ == Mode::kAlone, "whoever removes is alone");
  // A damaged index would hide faces from what follows, and the proof would be of others alone.
  const std::string damage = fault();
  require(damage.empty(), "{}: damaged: {}. Nothing is removed. Go back to an earlier copy of it",
          printable(path_.native()), damage);
  return guarded(path_, [&] {
    std::vector<std::vector<float>> removed;
    {
      SQLite::Transaction all(*database_, SQLite::TransactionBehavior::IMMEDIATE);
      SQLite::Statement found(*database_,
                              "SELECT embedding FROM faces JOIN people ON person = people.id WHERE name = ?");
      found.bind(1, person);
      while (found.executeStep()) {
        const auto* begin = static_cast<const float*>(found.getColumn(0).getBlob());
        removed.emplace_back(begin, begin + found.getColumn(0).getBytes() / static_cast<int>(sizeof(float)));
      }
      SQLite::Statement faces(*database_, "DELETE FROM faces WHERE person = (SELECT id FROM people WHERE name = ?)");
      faces.bind(1, person);
      faces.exec();
      SQLite::Statement people(*database_, "DELETE FROM people WHERE name = ?");
      people.bind(1, person);
      require(people.exec() > 0, "{}: has nobody called {}. `massface gallery list` names everybody",
              printable(path_.native()), printable(person));
      all.commit();
    }
    empty_log();
    const int64_t faces = std::ssize(removed);
    std::erase_if(removed, [&](const auto& embedding) { return has_embedding(embedding); });  // another person's, too
    require_no_trace(removed);
    return faces;
  });
}

// Readers of older states keep the log from being emptied.
void GalleryFile::empty_log() {
  guarded(path_, [&] {
    SQLite::Statement checkpoint(*database_, "PRAGMA wal_checkpoint(TRUNCATE)");
    if (checkpoint.executeStep() && checkpoint.getColumn(0).getInt() == 0) return;
    throw Failure(fmt::format("{}: its log cannot be written into it, since another program has it open",
                              printable(path_.native())));
  });
}

bool GalleryFile::has_embedding(const std::vector<float>& embedding) const {
  SQLite::Statement query(*database_, "SELECT 1 FROM faces WHERE fingerprint = ?");
  query.bind(1, fingerprint_of(embedding.data(), std::ssize(embedding)));
  return query.executeStep();
}

void GalleryFile::require_no_trace(const std::vector<std::vector<float>>& embeddings) const {
  for (const char* ending : {"", "-wal", "-shm"}) {
    const fs::path file = written_place(path_).native() + ending;  // SQLite keeps its log beside the target of a link
    if (!is_file(file)) continue;
    const std::vector<uint8_t> bytes = read_file(file);
    for (const std::vector<float>& embedding : embeddings) {
      // Large rows are divided among pages: a part of an embedding is as telling as the whole.
      constexpr size_t kPart = 64;
      const auto* begin = reinterpret_cast<const uint8_t*>(embedding.data());
      const size_t size = embedding.size() * sizeof(float);
      for (size_t at = 0; at + std::min(kPart, size) <= size; at += kPart) {
        const std::span part(begin + at, std::min(kPart, size));
        if (std::ranges::search(bytes, part).empty()) continue;
        throw Failure(fmt::format("{}: an embedding that was removed is still found in it. Make a new gallery",
                                  printable(file.native())));
      }
    }
  }
}

void GalleryFile::require_undamaged() const {
  const std::string damage = fault();
  require(damage.empty(), "{}: damaged: {}. Go back to an earlier copy of it", printable(path_.native()), damage);
}

std::string GalleryFile::fault() const {
  return guarded(path_, [&]() -> std::string {
    const std::string found = database_->execAndGet("PRAGMA integrity_check").getString();
    if (found != "ok") return printable(found);
    if (SQLite::Statement orphans(*database_, "PRAGMA foreign_key_check"); orphans.executeStep()) {
      return fmt::format("face {} is of nobody", orphans.getColumn(1).getInt64());
    }
    SQLite::Statement query(*database_,
                            "SELECT id, fingerprint, embedding, place, typeof(quality) FROM faces ORDER BY id");
    while (query.executeStep()) {
      const int64_t id = query.getColumn(0).getInt64();
      const SQLite::Column blob = query.getColumn(2);
      const bool is_whole = blob.getBytes() == facts_.dimensions * static_cast<int64_t>(sizeof(float));
      if (!is_whole || fingerprint_of(static_cast<const float*>(blob.getBlob()), facts_.dimensions) !=
                           query.getColumn(1).getInt64()) {
        return fmt::format("the embedding of face {} is not the one that was added", id);
      }
      if (!is_place(query.getColumn(3).getString()) || query.getColumn(4).getString() != "real") {
        return fmt::format("the place or the quality of face {} is none", id);
      }
    }
    return "";
  });
}

}  // namespace massface
