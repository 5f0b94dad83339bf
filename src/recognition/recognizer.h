#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "align/mtcnn.h"
#include "model/embedder.h"
#include "recognition/decision_rule.h"
#include "recognition/embed_faces.h"
#include "recognition/read_faces.h"

namespace massface {

// The options of the verbs that turn photographs into embeddings.
struct RecognizerOptions {
  std::string model;       // RUN_OR_WEIGHTS
  std::string checkpoint;  // of a run directory
  std::string device = "auto";
  std::string precision = "fp32";
  std::string detector;
  std::string flip = "auto";
  bool aligned = false;
  bool resize = false;
  bool center_crop = false;
  int64_t min_face = MtcnnOptions().min_face;
  int64_t max_side = AlignmentOptions().max_side;
  int64_t threads = 0;

  void describe(OptionTable& table);
  void describe_weights(OptionTable& table);  // which of the weights of a run are meant
};

// What an embedding depends on first of all: "weights 0123456789abcdef, flip sum". The beginning of
// Recognizer::conditions().
std::string conditions_of(const Model& model, Flip flip);

// A network that is ready for photographs.
class Recognizer {
 public:
  // faces: which of a photograph are wanted, as AlignmentOptions has it. Throws Error for weights or a detector that
  // cannot be found or read.
  Recognizer(const RecognizerOptions& options, const std::string& faces);

  std::vector<ReadImage> read(const std::vector<std::filesystem::path>& files) { return reader_->read(files); }
  EmbeddedFaces embed(const std::vector<ReadImage>& images) const { return embed_faces(*embedder_, flip_, images); }

  const std::filesystem::path& weights() const { return weights_; }
  Flip flip() const { return flip_; }
  bool aligned() const { return detector_ == nullptr; }
  int64_t dimensions() const { return embedder_->embedding_size() * (flip_ == Flip::kConcatenate ? 2 : 1); }
  // Everything that must be equal for two embeddings to be compared: weights, flip, precision, and whether crops were
  // resized. Crops that were aligned before are as good as photographs.
  const std::string& conditions() const { return conditions_; }
  // Everything else that decides which faces are found in a photograph, and how they are cropped.
  const std::string& search_conditions() const { return search_conditions_; }

 private:
  std::filesystem::path weights_;
  Flip flip_ = Flip::kSum;
  std::string conditions_, search_conditions_;
  std::unique_ptr<Mtcnn> detector_;
  std::unique_ptr<Embedder> embedder_;
  std::unique_ptr<FaceReader> reader_;
};

}  // namespace massface
