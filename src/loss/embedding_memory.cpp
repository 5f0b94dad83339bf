#include "loss/embedding_memory.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace massface {

EmbeddingMemory::EmbeddingMemory(int64_t capacity, int64_t embedding_size)
    : embeddings_(at::zeros({capacity, embedding_size}, at::kFloat)),
      labels_(at::zeros({capacity}, at::kLong)),
      images_(at::full({capacity}, -1, at::kLong)),
      written_(at::zeros({1}, at::kLong)) {}

int64_t EmbeddingMemory::size() const { return std::min(written_.item<int64_t>(), embeddings_.size(0)); }

EmbeddingMemory::Held EmbeddingMemory::held() const {
  const int64_t n = size();
  return {embeddings_.slice(0, 0, n), labels_.slice(0, 0, n), images_.slice(0, 0, n)};
}

void EmbeddingMemory::add(const Tensor& embeddings, const Tensor& labels, const Tensor& images) {
  const int64_t capacity = embeddings_.size(0), count = embeddings.size(0),
                first = std::max<int64_t>(count - capacity, 0);
  const int64_t begin = written_.item<int64_t>() + first;
  const Tensor places = at::arange(begin, begin + count - first, at::kLong).remainder(capacity);
  embeddings_.index_copy_(0, places, embeddings.detach().slice(0, first));
  labels_.index_copy_(0, places, labels.slice(0, first));
  images_.index_copy_(0, places, images.slice(0, first));
  written_.add_(count);
}

double EmbeddingMemory::drift(const Tensor& embeddings, const Tensor& images) const {
  const Held held = this->held();
  std::unordered_map<int64_t, int64_t> place_of;
  const auto* known = held.images.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < held.images.size(0); ++i) place_of[known[i]] = i;
  double sum = 0;
  int64_t count = 0;
  for (int64_t i = 0; i < images.size(0); ++i) {
    const auto place = place_of.find(images.const_data_ptr<int64_t>()[i]);
    if (place == place_of.end()) continue;
    sum += (embeddings[i] - held.embeddings[place->second]).square().sum().item<double>();
    ++count;
  }
  return count == 0 ? std::nan("") : sum / static_cast<double>(count);
}

std::vector<std::pair<std::string, Tensor>> EmbeddingMemory::buffers() const {
  return {{"memory.embeddings", embeddings_},
          {"memory.labels", labels_},
          {"memory.images", images_},
          {"memory.written", written_}};
}

}  // namespace massface
