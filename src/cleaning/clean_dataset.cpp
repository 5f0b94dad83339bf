#include "cleaning/clean_dataset.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <numeric>
#include <utility>

#include "cleaning/same_picture.h"
#include "core/error.h"
#include "core/files.h"
#include "core/stopwatch.h"
#include "core/threads.h"
#include "dataset/verification_bin.h"
#include "model/finite_embeddings.h"

namespace massface {
namespace {

constexpr size_t kShownOfTestPerson = 6;

struct EmbeddedPeople {
  std::vector<ImageIndex> images;  // of each row
  LabelledEmbeddings rows;
};

// Embeds images, adds the unreadable ones to the result, and reports its progress.
class SetEmbedder {
 public:
  SetEmbedder(const Embedder& embedder, const CleaningOptions& options, int64_t total,
              const std::function<void(int64_t done, int64_t total)>& progress, CleaningResult& result)
      : embedder_(embedder), total_(total), progress_(progress), result_(result) {
    options_ = {.flip = parse_flip(options.flip),
                .other_size = options.other_size(),
                .batch = options.batch,
                .threads = resolve_threads(options.threads)};
    options_.progress = [this](int64_t done) {
      if (progress_) progress_(done_before_ + done, total_);
    };
  }

  EmbeddedPeople embed(const Dataset& dataset) {
    std::vector<ImageIndex> all(static_cast<size_t>(dataset.size()));
    std::iota(all.begin(), all.end(), 0);
    ReadableRows readable = take_readable(embed_images(embedder_, dataset, all, options_));
    std::vector<int64_t> people;
    for (const int64_t row : readable.rows) people.push_back(dataset.identity_of(row));
    return {std::move(readable.rows),
            LabelledEmbeddings(readable.embeddings, std::move(people), dataset.num_identities())};
  }

  ReadableRows embed(const std::vector<ImageSource>& images) {
    return take_readable(embed_images(
        embedder_, std::ssize(images), [&](int64_t i) { return images[static_cast<size_t>(i)]; }, options_));
  }

 private:
  ReadableRows take_readable(EmbeddedImages embedded) {
    done_before_ += embedded.embeddings.size(0);
    ReadableRows readable = readable_unit_rows(embedded);
    require_finite_embeddings(readable.embeddings);
    if (readable.rows.empty()) {
      fail("none of the {} images can be read. The first: {}", embedded.unreadable.size(),
           to_line(embedded.unreadable.front()));
    }
    std::ranges::move(embedded.unreadable, std::back_inserter(result_.unreadable));
    return readable;
  }

  const Embedder& embedder_;
  EmbedImagesOptions options_;
  int64_t total_, done_before_ = 0;
  const std::function<void(int64_t done, int64_t total)>& progress_;
  CleaningResult& result_;
};

TestPeople people_of_bin(const TestImages& test, SetEmbedder& embedder, CleaningResult& result) {
  std::vector<ImageSource> sources;
  for (size_t i = 0; i < test.bin_images.size(); ++i) {
    sources.push_back({fmt::format("{}: image {}", test.name, i), test.bin_images[i], /*is_file=*/false});
  }
  const ReadableRows readable = embedder.embed(sources);
  TestPeople people{.names = {}, .centres = readable.embeddings};
  for (const int64_t row : readable.rows) {
    people.names.push_back(fmt::format("image {}", row));
    result.test_images.push_back({sources[static_cast<size_t>(row)]});
  }
  return people;
}

TestPeople people_of_dataset(const Dataset& dataset, SetEmbedder& embedder, CleaningResult& result) {
  const auto [images, rows] = embedder.embed(dataset);
  const PersonCentres centres = centres_of_members(rows, core_members(rows));
  TestPeople people;
  std::vector<int64_t> present;
  for (int64_t person = 0; person < rows.people(); ++person) {
    if (!centres.has_centre(person)) continue;
    present.push_back(person);
    people.names.push_back(dataset.identity_name(person));
    std::vector<ImageSource>& shown = result.test_images.emplace_back();
    for (int64_t row = rows.first_row(person); row < rows.first_row(person + 1); ++row) {
      if (shown.size() < kShownOfTestPerson) {
        shown.push_back(image_source(dataset, images[static_cast<size_t>(row)]));
      }
    }
  }
  people.centres = centres.centres.index_select(0, at::tensor(present, at::kLong));
  return people;
}

}  // namespace

void CleaningOptions::describe(OptionTable& table) {
  table.add_choice("flip", flip, flip_names(),
                   "How to use the embedding of the mirrored image: concatenate it with the image's own embedding, add "
                   "it (sum), or ignore it (none), which takes half the time.");
  table.add("resize", resize,
            "Resize images whose size differs from the network's input; otherwise they are an error.");
  table.add("center_crop", center_crop,
            "Use the centre of images larger than the network's input: 96 of 112 columns, for instance.");
  table.add("batch", batch, {.min = 1, .max = 65536}, "Number of images that the network embeds at a time.");
  table.add("threads", threads, {.min = 0, .max = 1024},
            "Number of threads for decoding and computing (0: one per available core).");
  faults.describe(table);
}

OtherSize CleaningOptions::other_size() const {
  require(!resize || !center_crop, "--resize and --center-crop both treat images of another size; choose one");
  return other_size_of(resize, center_crop);
}

int64_t TestImages::size() const { return dataset == nullptr ? std::ssize(bin_images) : dataset->size(); }

TestImages open_test_images(const std::string& path) {
  if (std::filesystem::path(path).extension() == ".bin") {
    return {path, nullptr, read_verification_bin(path).images};
  }
  return {path, open_dataset(path), {}};
}

CleaningResult clean_dataset(const Embedder& embedder, const Dataset& dataset, const TestImages* test,
                             const CleaningOptions& options,
                             const std::function<void(int64_t done, int64_t total)>& progress) {
  CleaningResult result;
  const Stopwatch embed_watch;
  const int64_t total = dataset.size() + (test == nullptr ? 0 : test->size());
  SetEmbedder set_embedder(embedder, options, total, progress, result);
  auto [images, rows] = set_embedder.embed(dataset);
  TestPeople people;
  if (test != nullptr) {
    people = test->dataset == nullptr ? people_of_bin(*test, set_embedder, result)
                                      : people_of_dataset(*test->dataset, set_embedder, result);
  }
  result.embed_seconds = embed_watch.seconds();
  const Stopwatch search_watch;
  result.faults =
      find_faults(rows, options.faults, same_picture_in(dataset, images), test == nullptr ? nullptr : &people);
  result.search_seconds = search_watch.seconds();
  result.images = std::move(images);
  result.test_names = std::move(people.names);
  return result;
}

}  // namespace massface
