#include "interface/massface.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/files.h"
#include "evaluation/threshold_table.h"
#include "gallery/gallery_file.h"
#include "gallery/identify.h"
#include "recognition/decision_rule.h"
#include "recognition/recognizer.h"

namespace massface {
namespace {

FaceEmbedding face_embedding(const FaceBox& box, double quality, const float* values, int64_t dimensions) {
  return {box.left, box.top, box.right, box.bottom, quality, {values, values + dimensions}};
}

}  // namespace

double cosine(const FaceEmbedding& a, const FaceEmbedding& b) {
  require(a.values.size() == b.values.size(), "two embeddings of {} and {} numbers are not of one network",
          a.values.size(), b.values.size());
  return std::inner_product(a.values.begin(), a.values.end(), b.values.begin(), 0.0);
}

struct FaceNetwork::State {
  Recognizer recognizer;

  // Embeds the largest faces, at most `count`. Throws Error if the photograph cannot be read.
  std::vector<FaceEmbedding> embed(const std::filesystem::path& photograph, size_t count) {
    std::vector<ReadImage> read = recognizer.read({photograph});
    std::vector<AlignedFace>& found = read[0].faces;  // the largest first
    require(read[0].reason.empty(), "{}: {}", printable(photograph.native()), read[0].reason);
    found.resize(std::min(found.size(), count));
    const EmbeddedFaces embedded = recognizer.embed(read);
    const float* row = embedded.embeddings.const_data_ptr<float>();
    std::vector<FaceEmbedding> faces;
    for (size_t i = 0; i < found.size(); ++i, row += recognizer.dimensions()) {
      faces.push_back(face_embedding(found[i].face.box, embedded.quality[i], row, recognizer.dimensions()));
    }
    return faces;
  }
};

FaceNetwork::FaceNetwork(const std::filesystem::path& weights, const NetworkOptions& options)
    : state_(new State{Recognizer({.model = weights.native(),
                                   .device = options.device,
                                   .detector = options.detector.native(),
                                   .threads = options.threads},
                                  "all")}) {}
FaceNetwork::~FaceNetwork() = default;
FaceNetwork::FaceNetwork(FaceNetwork&&) noexcept = default;

FaceEmbedding FaceNetwork::face(const std::filesystem::path& photograph) {
  std::vector<FaceEmbedding> found = state_->embed(photograph, 1);
  require(!found.empty(), "{}: no face was found in it", printable(photograph.native()));
  return std::move(found.front());
}

std::vector<FaceEmbedding> FaceNetwork::faces(const std::filesystem::path& photograph) {
  return state_->embed(photograph, std::numeric_limits<size_t>::max());
}

std::optional<double> FaceNetwork::threshold(double fmr) const {
  const auto table = read_threshold_table(state_->recognizer.weights());
  return table ? std::optional(table->row_of(fmr).threshold_cosine()) : std::nullopt;
}

struct Gallery::State {
  KnownPeople people;
  double threshold_cosine;
};

Gallery::Gallery(const std::filesystem::path& file, const FaceNetwork& network, const SearchOptions& options) {
  const Recognizer& used = network.state_->recognizer;
  const GalleryFile gallery(file, GalleryFile::Mode::kRead);
  gallery.require_same(
      {.weights = used.weights().native(), .conditions = used.conditions(), .dimensions = used.dimensions()});
  KnownPeople people(gallery);
  const IdentificationOptions how = options.threshold_cosine
                                        ? IdentificationOptions{.threshold = *options.threshold_cosine}
                                        : IdentificationOptions{.fpir = options.fpir};
  const IdentificationRule rule = identification_rule(used.weights(), used.flip(), how, people.num_faces());
  state_ = std::make_unique<State>(State{std::move(people), rule.decision.threshold_cosine});
}
Gallery::~Gallery() = default;
Gallery::Gallery(Gallery&&) noexcept = default;

GalleryMatch Gallery::search(const FaceEmbedding& face) const {
  require(std::ssize(face.values) == state_->people.dimensions(),
          "an embedding of {} numbers is not of the network that the gallery was made with", face.values.size());
  const auto answer = state_->people.identify(face.values.data(), state_->threshold_cosine);
  if (!answer) return {};
  return {.name = answer->name, .nearest = answer->nearest, .cosine = answer->cosine};
}

double Gallery::threshold() const { return state_->threshold_cosine; }

int64_t Gallery::num_people() const { return state_->people.num_people(); }

}  // namespace massface
