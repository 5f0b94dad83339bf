#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "cleaning/labelled_embeddings.h"
#include "core/random.h"

namespace massface {

// For tests: embeddings of drawn people, and noise in their labels.
class DrawnPeople {
 public:
  struct Drawn {
    int64_t label;
    int64_t truth;  // who the image shows; -1: nobody of the set
    std::vector<float> embedding;
  };

  explicit DrawnPeople(uint64_t seed = 1, int64_t dimensions = 64, double agreement = 0.55)
      : random_(seed, RandomStream::kSyntheticImage), dimensions_(dimensions), agreement_(agreement) {}

  std::vector<float> direction() {
    std::vector<float> x(static_cast<size_t>(dimensions_));
    for (float& value : x) value = random_.normal();
    return unit_of(x);
  }

  // Adds a person of `images` images, whose cosines are `agreement` on average. Returns the number of the person.
  int64_t add_person(int64_t images) {
    means_.push_back(direction());
    const int64_t person = std::ssize(means_) - 1;
    for (int64_t i = 0; i < images; ++i) images_.push_back({person, person, image_of(person)});
    return person;
  }
  void add_image(int64_t label, std::vector<float> embedding) { images_.push_back({label, -1, std::move(embedding)}); }
  void add_image_of(int64_t label, int64_t truth) { images_.push_back({label, truth, image_of(truth)}); }

  std::vector<float> image_of(int64_t person) {
    std::vector<float> x = direction();
    const std::vector<float>& mean = means_[static_cast<size_t>(person)];
    for (size_t k = 0; k < x.size(); ++k) {
      x[k] = static_cast<float>(std::sqrt(agreement_) * static_cast<double>(mean[k]) +
                                std::sqrt(1 - agreement_) * static_cast<double>(x[k]));
    }
    return unit_of(x);
  }

  // Gives a fraction of the images the label of another person.
  void flip(double fraction) {
    const auto count = static_cast<int64_t>(fraction * static_cast<double>(images_.size()));
    for (int64_t done = 0; done < count;) {
      Drawn& image = images_[random_.below(images_.size())];
      const auto label = static_cast<int64_t>(random_.below(means_.size()));
      if (image.label != image.truth || label == image.truth) continue;
      image.label = label;
      ++done;
    }
  }
  void relabel(int64_t from, int64_t to) {
    for (Drawn& image : images_) {
      if (image.label == from) image.label = to;
    }
  }
  // Gives every second image of a person another label.
  void split(int64_t person, int64_t other) {
    bool odd = false;
    for (Drawn& image : images_) {
      if (image.label == person && (odd = !odd)) image.label = other;
    }
  }

  int64_t people() const { return std::ssize(means_); }
  int64_t add_label() {
    means_.push_back(direction());
    return people() - 1;
  }

  // The images by label, in the order in which set() has them.
  std::vector<Drawn>& images() {
    std::ranges::stable_sort(images_, {}, &Drawn::label);
    return images_;
  }
  LabelledEmbeddings set() {
    std::vector<int64_t> labels;
    Tensor rows = at::empty({std::ssize(images_), dimensions_});
    for (const Drawn& image : images()) {
      std::ranges::copy(image.embedding, rows.mutable_data_ptr<float>() + std::ssize(labels) * dimensions_);
      labels.push_back(image.label);
    }
    return LabelledEmbeddings(rows, std::move(labels), people());
  }
  const std::vector<float>& mean_of(int64_t person) const { return means_[static_cast<size_t>(person)]; }

 private:
  static std::vector<float> unit_of(std::vector<float> x) {
    double sum = 0;
    for (const float value : x) sum += static_cast<double>(value) * static_cast<double>(value);
    for (float& value : x) value = static_cast<float>(static_cast<double>(value) / std::sqrt(sum));
    return x;
  }

  Random random_;
  int64_t dimensions_;
  double agreement_;
  std::vector<std::vector<float>> means_;
  std::vector<Drawn> images_;
};

}  // namespace massface
