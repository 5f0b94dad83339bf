#include "align/mtcnn.h"

#include <algorithm>
#include <cmath>

#include "align/area_sample.h"
#include "align/box_suppression.h"

namespace massface {
namespace {

constexpr int64_t kCell = ProposalNetwork::kWindow;  // in pixels
constexpr int64_t kStride = ProposalNetwork::kStride;

// Pixels of grey around the pyramid's coarse levels: two thirds of a window, so that a window's centre can lie somewhat
// beyond the edge. Even, so that the windows within the photograph stay where they are.
constexpr int64_t kBorder = 8;
// Levels whose shorter side has at most this many pixels get the border: on the others, a window that extends beyond
// the edge would look for a face of less than a quarter of the photograph's shorter side.
constexpr int64_t kBorderedSide = 4 * kCell;
// The pyramid ends when the photograph's shorter side is less than this fraction of a window.
constexpr double kLeastSeen = 0.4;

// The number of crops in memory at a time.
constexpr int64_t kCropsAtOnce = 64;

template <class Candidates>
Candidates without_overlaps(const Candidates& candidates, float limit, Overlap overlap) {
  std::vector<ScoredBox> boxes;
  for (const auto& candidate : candidates) boxes.push_back({candidate.box, candidate.score});
  Candidates kept;
  for (const int64_t i : suppress_overlaps(boxes, limit, overlap)) kept.push_back(candidates[static_cast<size_t>(i)]);
  return kept;
}

FaceBox squared(const FaceBox& box) {
  const float side = std::max(box.width(), box.height());
  const float left = box.left + box.width() * 0.5f - side * 0.5f, top = box.top + box.height() * 0.5f - side * 0.5f;
  return {left, top, left + side, top + side};
}

// pixel: 1 if a side includes its last pixel, otherwise 0.
FaceBox moved(const FaceBox& box, const std::array<float, 4>& move, float pixel) {
  const float w = box.width() + pixel, h = box.height() + pixel;
  return {box.left + move[0] * w, box.top + move[1] * h, box.right + move[2] * w, box.bottom + move[3] * h};
}

// In facenet-pytorch, edges count from 1, and the last pixel belongs to the box. There, a box is cut off at the
// photograph's edge and what remains is stretched to the network's input, which distorts the face; here, it keeps its
// shape (AreaSampler fills it up), unless it extends beyond the edge by more than the photograph's longer side.
PixelBox pixels_of(const FaceBox& box, const Image& photograph) {
  const int64_t beyond = std::max(photograph.height, photograph.width);
  const auto whole = [beyond](float edge, int64_t size) {
    const float limited = std::clamp(edge, static_cast<float>(-beyond), static_cast<float>(size + beyond));
    return static_cast<int64_t>(std::floor(limited));
  };
  return {whole(box.left, photograph.width) - 1, whole(box.top, photograph.height) - 1,
          whole(box.right, photograph.width), whole(box.bottom, photograph.height)};
}

// Erases the candidates whose boxes lie outside the photograph.
template <class Candidates>
void erase_unseen(Candidates& candidates, const Image& photograph) {
  std::erase_if(candidates, [&photograph](const auto& candidate) {
    const PixelBox box = pixels_of(candidate.box, photograph);
    return PixelBox{std::max<int64_t>(box.left, 0), std::max<int64_t>(box.top, 0),
                    std::min(box.right, photograph.width), std::min(box.bottom, photograph.height)}
        .empty();
  });
}

// Calls work(first, last) for at most `count` candidates at a time, in order.
template <class Candidates, class Work>
void for_each_batch(const Candidates& candidates, int64_t count, Work work) {
  for (auto first = candidates.begin(); first != candidates.end();) {
    const auto last = first + std::min<std::ptrdiff_t>(count, candidates.end() - first);
    work(first, last);
    first = last;
  }
}

// Returns the heads' outputs of the network, a row for each candidate, from a crop of its box.
template <class Iterator>
std::vector<float> look_at(const Image& photograph, Iterator begin, Iterator end, const CropNetwork& network) {
  const int64_t side = network.side();
  std::vector<float> crops(static_cast<size_t>((end - begin) * side * side * 3));
  float* out = crops.data();
  for (auto candidate = begin; candidate != end; ++candidate, out += side * side * 3) {
    AreaSampler(photograph, pixels_of(candidate->box, photograph), side, side).sample(out);
  }
  return network.run(crops.data(), end - begin);
}

// Returns the movement of the edges in an output's row.
std::array<float, 4> movement(const float* row) { return {row[2], row[3], row[4], row[5]}; }

}  // namespace

Mtcnn::Mtcnn(const NamedTensors& weights, const MtcnnOptions& options) : networks_(weights), options_(options) {}

int64_t Mtcnn::memory_to_detect(int64_t pixels, const MtcnnOptions& options) {
  // If every window of every level is a candidate. There are two windows for four pixels of the largest level, and each
  // is also listed as a box and sorted.
  constexpr double kBytesPerPixel = 2.0 / 4 * (2 * sizeof(Candidate) + sizeof(ScoredBox) + sizeof(int64_t));
  constexpr int64_t kLaterStages = int64_t{16} << 20;
  const double scale = static_cast<double>(kCell) / static_cast<double>(options.min_face);
  return ProposalNetwork::memory() + kLaterStages +
         static_cast<int64_t>(static_cast<double>(pixels) * scale * scale * kBytesPerPixel);
}

std::vector<double> Mtcnn::scales_of(const Image& photograph) const {
  std::vector<double> scales;
  double scale = static_cast<double>(kCell) / static_cast<double>(options_.min_face);
  double side = static_cast<double>(std::min(photograph.height, photograph.width)) * scale;
  for (; side >= kCell * kLeastSeen; side *= options_.scale_factor, scale *= options_.scale_factor)
    scales.push_back(scale);
  return scales;
}

Mtcnn::Candidates Mtcnn::propose_at(const Image& photograph, double scale) const {
  const auto side = [scale](int64_t pixels) { return static_cast<int64_t>(static_cast<double>(pixels) * scale + 1); };
  const int64_t height = side(photograph.height), width = side(photograph.width);
  const int64_t border = std::min(height, width) <= kBorderedSide ? kBorder : 0;
  AreaSampler sampler(photograph, {0, 0, photograph.width, photograph.height}, height, width);
  const auto read = [&](const PixelBox& box, float* out) {
    sampler.sample({box.left - border, box.top - border, box.right - border, box.bottom - border}, out);
  };
  const int64_t row_windows = ProposalNetwork::windows(width + 2 * border);
  std::vector<std::pair<int64_t, Candidate>> numbered;  // by window, in the order of the image
  const auto use = [&](int64_t first, int64_t row, int64_t count, const float* outputs) {
    for (int64_t i = first; i < first + count; ++i, outputs += ProposalNetwork::kOutputs) {
      const float face = face_probability(outputs);
      if (!(face >= options_.thresholds[0])) continue;
      const auto edge = [scale](int64_t pixel) {
        return static_cast<float>(std::floor(static_cast<float>(pixel) / static_cast<float>(scale)));
      };
      const int64_t x = kStride * i - border, y = kStride * row - border;
      const FaceBox box{edge(x + 1), edge(y + 1), edge(x + kCell), edge(y + kCell)};
      numbered.push_back({row * row_windows + i, {box, face, movement(outputs), {}}});
    }
  };
  networks_.propose.run(height + 2 * border, width + 2 * border, read, use);
  // Sorts in the order of the image: of equally probable windows, the first one survives.
  std::ranges::sort(numbered, {}, [](const auto& window) { return window.first; });
  Candidates candidates;
  for (const auto& window : numbered) candidates.push_back(window.second);
  return without_overlaps(candidates, 0.5f, Overlap::kUnion);
}

Mtcnn::Candidates Mtcnn::propose(const Image& photograph) const {
  Candidates all;
  for (const double scale : scales_of(photograph))
    std::ranges::copy(propose_at(photograph, scale), std::back_inserter(all));
  all = without_overlaps(all, 0.7f, Overlap::kUnion);
  for (Candidate& candidate : all) candidate.box = squared(moved(candidate.box, candidate.move, 0));
  erase_unseen(all, photograph);
  return all;
}

Mtcnn::Candidates Mtcnn::refine(const Image& photograph, const Candidates& proposed) const {
  Candidates passed;
  for_each_batch(proposed, kCropsAtOnce, [&](auto first, auto last) {
    const std::vector<float> outputs = look_at(photograph, first, last, networks_.refine);
    const float* row = outputs.data();
    for (auto candidate = first; candidate != last; ++candidate, row += networks_.refine.outputs()) {
      const float face = face_probability(row);
      if (face > options_.thresholds[1]) passed.push_back({candidate->box, face, movement(row), {}});
    }
  });
  passed = without_overlaps(passed, 0.7f, Overlap::kUnion);
  for (Candidate& candidate : passed) candidate.box = squared(moved(candidate.box, candidate.move, 1));
  erase_unseen(passed, photograph);
  return passed;
}

std::vector<Face> Mtcnn::finish(const Image& photograph, const Candidates& refined) const {
  Candidates passed;
  for_each_batch(refined, kCropsAtOnce, [&](auto first, auto last) {
    const std::vector<float> outputs = look_at(photograph, first, last, networks_.output);
    const float* row = outputs.data();
    for (auto refined_one = first; refined_one != last; ++refined_one, row += networks_.output.outputs()) {
      const float face = face_probability(row);
      if (!(face > options_.thresholds[2])) continue;
      const FaceBox& box = refined_one->box;
      Candidate candidate{.box = moved(box, movement(row), 1), .score = face};
      for (size_t k = 0; k < 5; ++k) {
        candidate.landmarks[k] = (box.width() + 1) * row[6 + k] + box.left - 1;
        candidate.landmarks[5 + k] = (box.height() + 1) * row[11 + k] + box.top - 1;
      }
      passed.push_back(candidate);
    }
  });
  std::vector<Face> faces;
  for (const Candidate& candidate : without_overlaps(passed, 0.7f, Overlap::kSmaller)) {
    Face face{.box = candidate.box, .score = candidate.score};
    for (size_t k = 0; k < 5; ++k) face.landmarks[k] = {candidate.landmarks[k], candidate.landmarks[5 + k]};
    faces.push_back(face);
  }
  return faces;
}

std::vector<Face> Mtcnn::detect(const Image& photograph) const {
  return finish(photograph, refine(photograph, propose(photograph)));
}

}  // namespace massface
