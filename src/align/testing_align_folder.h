#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "align/align_folder.h"
#include "align/testing_photographs.h"
#include "core/files.h"
#include "core/testing_folder.h"
#include "image/decode.h"
#include "image/encode.h"

namespace massface {

// "Finds" one face per 100 columns of a photograph, with the landmarks of the template, the leftmost face first.
class PretendingDetector : public FaceDetector {
 public:
  std::vector<Face> detect(const Image& photograph) const override {
    ++calls;
    std::vector<Face> faces;
    for (int64_t i = 0; i < photograph.width / 100; ++i) {
      const auto left = static_cast<float>(100 * i);
      Face face{.box = {left, 0, left + 50 + 10 * static_cast<float>(i), 80}, .score = 0.9f};
      face.landmarks = template_points(112, 112);
      for (Point& p : face.landmarks) p.x += left;
      faces.push_back(face);
    }
    return faces;
  }
  mutable std::atomic<int> calls{0};
};

class AlignFolder : public TestingFolder {
 protected:
  void photograph(const std::string& name, int64_t height, int64_t width, int quality = 90) {
    const auto bytes = encode_jpeg(smooth_photograph(height, width), quality);
    write(name, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  AlignmentJob job() const { return {.source = path("in"), .destination = path("out"), .detector = &detector_}; }
  std::map<std::string, nlohmann::ordered_json> lines() const {
    std::map<std::string, nlohmann::ordered_json> lines;
    std::istringstream text(read_text_file(path("out/manifest.jsonl")));
    for (std::string line; std::getline(text, line);) {
      const nlohmann::ordered_json json = nlohmann::ordered_json::parse(line);
      lines[json.value("source", "")] = json;
    }
    return lines;
  }
  Image crop(const std::string& name) const { return ImageDecoder().decode(read_file(path("out/" + name))); }

  PretendingDetector detector_;
};

}  // namespace massface
