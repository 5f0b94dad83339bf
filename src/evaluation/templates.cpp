#include "evaluation/templates.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/threads.h"
#include "kernels/unit_rows.h"
#include "model/embed_images.h"
#include "model/finite_embeddings.h"

namespace massface {
namespace {

// The mean of some rows, which grows row by row.
class RowMean {
 public:
  void add(const Tensor& row) {
    sum_ = sum_.defined() ? sum_ + row.to(at::kDouble) : row.to(at::kDouble);
    ++count_;
  }
  Tensor mean() const { return sum_ / static_cast<double>(count_); }

 private:
  Tensor sum_;
  int64_t count_ = 0;
};

struct GrowingTemplate {
  std::string subject;
  std::map<std::string, RowMean> media;
};

// Each file once.
struct DistinctFiles {
  std::vector<ImageSource> sources;
  std::vector<size_t> source_of_image;

  DistinctFiles(const std::vector<TemplateImage>& list, const std::filesystem::path& images) {
    std::unordered_map<std::string, size_t> index_of;
    for (const TemplateImage& image : list) {
      const auto [entry, is_new] = index_of.try_emplace(image.file, sources.size());
      if (is_new) sources.push_back({.name = (images / image.file).native()});
      source_of_image.push_back(entry->second);
    }
  }
};

}  // namespace

Templates average_templates(const Tensor& rows, const std::vector<TemplateImage>& images,
                            const std::vector<bool>& is_bad) {
  check(rows.size(0) == std::ssize(images) && is_bad.size() == images.size(), "a row for each image");
  std::vector<std::string> order;
  std::unordered_map<std::string, GrowingTemplate> growing;
  Templates templates;
  for (size_t i = 0; i < images.size(); ++i) {
    const TemplateImage& image = images[i];
    const auto [entry, is_new] = growing.try_emplace(image.template_id);
    if (is_new) order.push_back(image.template_id);
    GrowingTemplate& grown = entry->second;
    if (is_new) grown.subject = image.subject;
    require(grown.subject == image.subject, "template {} is of two subjects, {} and {}", printable(image.template_id),
            printable(grown.subject), printable(image.subject));
    if (is_bad[i]) continue;
    ++templates.num_images;
    // Without media, each image is one of its own.
    grown.media[image.media.empty() ? std::to_string(i) : image.media].add(rows[static_cast<int64_t>(i)]);
  }
  std::vector<Tensor> means;
  for (const std::string& id : order) {
    const GrowingTemplate& grown = growing.at(id);
    if (grown.media.empty()) {
      templates.lost.push_back(id);
      continue;
    }
    RowMean mean;
    for (const auto& [_, medium] : grown.media) mean.add(medium.mean());
    templates.ids.push_back(id);
    templates.subjects.push_back(grown.subject);
    means.push_back(mean.mean());
  }
  templates.embeddings =
      means.empty() ? at::empty({0, rows.size(1)}) : unit_rows(at::stack(means)).to(at::kFloat).contiguous();
  return templates;
}

Templates embed_templates(const ImageEmbedder& embedder, const std::vector<TemplateImage>& list,
                          const std::filesystem::path& images, const EvaluationOptions& options) {
  require(is_folder(images), "{}: not a folder; pass with --images the folder that the files of the templates lie in",
          printable(images.native()));
  const DistinctFiles files(list, images);
  const EmbeddedImages embedded = embed_images(embedder, std::ssize(files.sources),
                                               [&](int64_t i) { return files.sources[static_cast<size_t>(i)]; },
                                               {.flip = parse_flip(options.flip),
                                                .other_size = options.other_size(),
                                                .batch = options.batch,
                                                .threads = resolve_threads(options.threads)});
  std::vector<bool> is_bad_file(files.sources.size());
  for (const UnreadableImage& bad : embedded.unreadable) is_bad_file[static_cast<size_t>(bad.image)] = true;
  if (2 * std::ssize(embedded.unreadable) > std::ssize(files.sources)) {
    const UnreadableImage& bad = embedded.unreadable.front();
    fail("{} of {} files, more than half, cannot be used, such as {} ({}). Is {} the right folder?",
         embedded.unreadable.size(), files.sources.size(), printable(bad.name), printable(bad.reason),
         printable(images.native()));
  }
  std::vector<bool> is_bad;
  std::vector<int64_t> row_of_image;
  for (const size_t source : files.source_of_image) {
    is_bad.push_back(is_bad_file[source]);
    row_of_image.push_back(static_cast<int64_t>(source));
  }
  const Tensor rows = embedded.embeddings.index_select(0, at::tensor(row_of_image, at::kLong));
  require_finite_embeddings(rows);
  Templates templates = average_templates(rows, list, is_bad);
  templates.unreadable = embedded.unreadable;
  if (!templates.unreadable.empty()) {
    const UnreadableImage& bad = templates.unreadable.front();
    log_warning("{} files are left out because they are missing or unreadable, such as {} ({}); {} templates are lost",
                templates.unreadable.size(), printable(bad.name), printable(bad.reason), templates.lost.size());
  }
  return templates;
}

PairDistances distances_of(const Templates& templates, const std::vector<TemplatePair>& pairs, int64_t* left_out) {
  std::unordered_map<std::string, int64_t> row_of;
  for (size_t i = 0; i < templates.ids.size(); ++i) row_of[templates.ids[i]] = static_cast<int64_t>(i);
  const std::unordered_map<std::string, int64_t> known = row_of;
  for (const std::string& id : templates.lost) row_of[id] = -1;
  const auto row = [&](const std::string& id) {
    const auto found = row_of.find(id);
    require(found != row_of.end(), "a pair names template {}, which is not in the list of templates", printable(id));
    return found->second;
  };
  PairDistances distances;
  *left_out = 0;
  for (const TemplatePair& pair : pairs) {
    const int64_t first = row(pair.first), second = row(pair.second);
    if (first < 0 || second < 0) {
      ++*left_out;
      continue;
    }
    const Tensor difference = templates.embeddings[first] - templates.embeddings[second];
    distances.distance_squared.push_back(difference.dot(difference).item<float>());
    distances.same.push_back(pair.same ? 1 : 0);
    distances.fold.push_back(0);
  }
  return distances;
}

}  // namespace massface
