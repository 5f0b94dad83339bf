#pragma once

#include "align/face.h"
#include "align/mtcnn_networks.h"

namespace massface {

struct MtcnnOptions {
  int64_t min_face = 20;                     // shorter side of the smallest face to look for, in pixels
  double scale_factor = 0.709;               // of each pyramid level relative to the previous one: half the area
  float thresholds[3] = {0.6f, 0.7f, 0.7f};  // for the probabilities of P-, R- and O-Net
};

// The cascade of arXiv:1604.02878 with the arithmetic of facenet-pytorch 2.6.0 (detect_face.py): the same pyramid, area
// sampling, rounding of boxes and non-maximum suppressions, so that it finds the same faces in the open. It differs
// where a face touches the photograph's edge: the coarse levels of the pyramid, which look for large faces, have a
// border of grey, and a box that extends beyond the edge keeps its shape and is filled up with grey, whereas
// facenet-pytorch cuts it off and stretches what remains.
class Mtcnn : public FaceDetector {
 public:
  Mtcnn(const NamedTensors& weights, const MtcnnOptions& options);

  std::vector<Face> detect(const Image& photograph) const override;

  // An upper bound of the memory in bytes that detect() needs for a photograph of this many pixels.
  static int64_t memory_to_detect(int64_t pixels, const MtcnnOptions& options);

 private:
  struct Candidate {
    FaceBox box;
    float score;
    std::array<float, 4> move;        // of the box's edges, as fractions of its size
    std::array<float, 10> landmarks;  // O-Net's
  };
  using Candidates = std::vector<Candidate>;

  std::vector<double> scales_of(const Image& photograph) const;
  Candidates propose(const Image& photograph) const;
  Candidates propose_at(const Image& photograph, double scale) const;
  Candidates refine(const Image& photograph, const Candidates& proposed) const;
  std::vector<Face> finish(const Image& photograph, const Candidates& refined) const;

  MtcnnNetworks networks_;
  MtcnnOptions options_;
};

}  // namespace massface
