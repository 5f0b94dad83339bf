#include "pool/triplet_round.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/error.h"
#include "core/failpoint.h"
#include "core/files.h"
#include "core/hash.h"
#include "tensor_file/npy.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

fs::path json_beside(fs::path file) { return file.replace_extension(".json"); }

Triplets decode(const std::vector<uint8_t>& bytes, const fs::path& file) {
  const Tensor table = decode_npy(bytes, printable(file.native()), at::kLong);
  require(table.scalar_type() == at::kLong && table.dim() == 2 && table.size(1) == 3,
          "{}: it is {}; triplets are int64 [T, 3]", printable(file.native()), dtype_and_shape(table));
  return from_table(table);
}

}  // namespace

fs::path round_file(const fs::path& run, int64_t number) {
  return run / "triplets" / fmt::format("round_{:05}.npy", number);
}

uint64_t hash_of_round(const Triplets& triplets) { return hash64(encode_npy(to_table(triplets))); }

uint64_t write_round(const fs::path& file, const Triplets& triplets, Json facts) {
  const auto bytes = encode_npy(to_table(triplets));
  const uint64_t hash = hash64(bytes);
  facts["triplets_xxh3"] = hex(hash);
  create_directories_or_fail(file.parent_path());
  write_file_atomically(file, bytes);
  write_file_atomically(json_beside(file), facts.dump(2) + "\n");
  failpoint("round.written");
  return hash;
}

Triplets read_round(const fs::path& file, uint64_t hash) {
  constexpr const char* kRemedy =
      "Restore it, or pass --allow-inexact-resume: the round is then selected again with the checkpoint's network";
  const std::string name = printable(file.native());
  require(is_file(file), "{} is missing: the run's newest checkpoint trains on its triplets. {}", name,
          kRemedy);
  const auto bytes = read_file(file);
  require(hash64(bytes) == hash,
          "{} was changed: its hash is {}, but the run's newest checkpoint trains on triplets with hash {}. {}", name,
          hex(hash64(bytes)), hex(hash), kRemedy);
  return decode(bytes, file);
}

InspectedTriplets inspect_triplets(const fs::path& file) {
  const auto bytes = read_file(file);
  InspectedTriplets inspected{decode(bytes, file), nullptr};
  const Triplets& triplets = inspected.triplets;
  const std::string name = printable(file.native());
  if (triplets.size() > 0) {
    const int64_t lowest = std::min({triplets.anchors.min().item<int64_t>(), triplets.positives.min().item<int64_t>(),
                                     triplets.negatives.min().item<int64_t>()});
    require(lowest >= 0, "{}: holds the index {}; indices count from 0", name, lowest);
  }
  const fs::path json = json_beside(file);
  if (!is_file(json)) return inspected;
  inspected.facts = Json::parse(read_text_file(json), nullptr, /*allow_exceptions=*/false);
  require(inspected.facts.is_object(), "{}: not a JSON object", printable(json.native()));
  const auto hash = inspected.facts.find("triplets_xxh3");
  require(hash == inspected.facts.end() || *hash == hex(hash64(bytes)),
          "{}: these are not the triplets that {} was written for (their hash differs)", name,
          printable(json.native()));
  return inspected;
}

}  // namespace massface
