#include "checkpoint/checkpoint_files.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view kPrefix = "step-";

}  // namespace

std::string checkpoint_name(int64_t global_step) { return fmt::format("{}{:09}", kPrefix, global_step); }

std::optional<int64_t> step_of_checkpoint(const std::string& name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  int64_t step = 0;
  const auto [end, error] = std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), step);
  if (error != std::errc() || end != name.data() + name.size() || step < 0) return std::nullopt;
  return step;
}

std::optional<BestCheckpoint> read_best(const fs::path& checkpoints) {
  const fs::path file = checkpoints / kBestFile;
  std::error_code absent;
  if (!fs::is_regular_file(file, absent)) return std::nullopt;
  const Json best = Json::parse(read_text_file(file), nullptr, /*allow_exceptions=*/false);
  if (!best.is_object()) return std::nullopt;
  const auto name = best.find("checkpoint"), accuracy = best.find("validation_accuracy");
  if (name == best.end() || !name->is_string()) return std::nullopt;
  const bool measured = accuracy != best.end() && accuracy->is_number();
  return BestCheckpoint{name->get<std::string>(), measured ? accuracy->get<double>() : -1.0};
}

Json fingerprint_of(const fs::path& file) {
  const auto bytes = read_file(file);
  return {{"bytes", bytes.size()}, {"xxh3", hex(hash64(bytes))}};
}

Json read_state(const fs::path& checkpoint) {
  std::string text;
  try {
    text = read_text_file(checkpoint / kStateFile);
  } catch (const Error& error) {
    fail_damaged(checkpoint, error.what());
  }
  const Json state = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!state.is_object()) fail_damaged(checkpoint, fmt::format("{} is cut off or was changed", kStateFile));
  return state;
}

void require_as_written(const fs::path& checkpoint, const Json& state, const std::string& file) {
  const auto files = state.find("files");
  if (files == state.end() || !files->is_object() || !files->contains(file)) {
    fail_damaged(checkpoint, fmt::format("{} has no entry for {}", kStateFile, file));
  }
  Json found;
  try {
    found = fingerprint_of(checkpoint / file);
  } catch (const Error& error) {
    fail_damaged(checkpoint, error.what());
  }
  if (found != files->at(file)) fail_damaged(checkpoint, file + " differs from the file that was written");
}

void fail_damaged(const fs::path& checkpoint, const std::string& what) {
  fail(
      "the checkpoint {} is damaged: {}. Remove that folder to use the checkpoint before it; no file was "
      "changed",
      printable(checkpoint.native()), what);
}

}  // namespace massface
