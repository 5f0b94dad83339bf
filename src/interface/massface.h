// The public interface of the library: what a program of your own includes as <massface/massface.h>. It needs C++17 and
// no other header; LibTorch stays within the library. docs/library.md shows how to build with it.
//
// Every function throws std::runtime_error for what cannot be done; what() says which file is wrong, why, and what to
// do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace massface {

// A face in a photograph, as a network sees it.
struct FaceEmbedding {
  float left = 0, top = 0, right = 0, bottom = 0;  // the box, in pixels of the upright photograph; may extend beyond it
  double quality = 0;         // blurred, dark and turned faces have less; comparable under one network alone
  std::vector<float> values;  // of unit length
};

// The cosine of the angle between two embeddings of one network, from -1 to 1: the larger, the more similar.
double cosine(const FaceEmbedding& a, const FaceEmbedding& b);

struct NetworkOptions {
  std::string device = "auto";     // auto, cpu, cuda:N
  std::filesystem::path detector;  // MTCNN's weights; empty: those that are installed with the library
  int threads = 0;                 // of the whole process; 0: one per available core
};

// A network that is ready for photographs (JPEG, PNG, WebP): it finds their faces, turns them upright, crops and embeds
// them. One thread at a time may use it.
class FaceNetwork {
 public:
  // weights: a .safetensors file of `massface train` or `massface import`, or a run directory.
  explicit FaceNetwork(const std::filesystem::path& weights, const NetworkOptions& options = {});
  ~FaceNetwork();
  FaceNetwork(FaceNetwork&&) noexcept;

  // The largest face. Throws if there is none.
  FaceEmbedding face(const std::filesystem::path& photograph);
  // Every face, the largest first; none at all is a result as well.
  std::vector<FaceEmbedding> faces(const std::filesystem::path& photograph);

  // The cosine above which two faces are one person. fmr: the rate at which two people may be taken for one, 1e-1,
  // 1e-2, ... 1e-6. nullopt if the weights carry no table of thresholds (`massface evaluate --write-thresholds`).
  std::optional<double> threshold(double fmr = 1e-3) const;

 private:
  friend class Gallery;
  struct State;
  std::unique_ptr<State> state_;
};

struct SearchOptions {
  double fpir = 0.01;                      // the probability with which a stranger may get a name
  std::optional<double> threshold_cosine;  // in the place of fpir, and for weights without a table of thresholds
};

// Who a face is.
struct GalleryMatch {
  std::string name;     // "": unknown
  std::string nearest;  // the most similar person, named or not; "" if the gallery is empty
  double cosine = 0;    // of the face and that person's most similar face
};

// The people of a gallery that `massface gallery` has made, in memory, and the exact search among them, which runs on
// all threads. One thread at a time may use it.
class Gallery {
 public:
  // network: the one that the gallery was made with; throws for another one.
  Gallery(const std::filesystem::path& file, const FaceNetwork& network, const SearchOptions& options = {});
  ~Gallery();
  Gallery(Gallery&&) noexcept;

  GalleryMatch search(const FaceEmbedding& face) const;

  // The cosine above which a face gets a name.
  double threshold() const;
  std::int64_t num_people() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace massface
