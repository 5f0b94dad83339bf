#include "gallery/face_codes.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "kernels/code_products.h"

namespace massface {
namespace {

constexpr float kLargestCode = 127;
constexpr int64_t kRowsOfPart = 256;  // products of which stay in the cache

// Rounding of the sums below, with room to spare.
constexpr float kRounding = 1e-6f;

}  // namespace

FaceCodes::FaceCodes(int64_t dimensions)
    : dimensions_(dimensions), padded_((dimensions + kCodeAlignment - 1) / kCodeAlignment * kCodeAlignment) {
  check(dimensions >= 1 && padded_ <= 65536, "1 <= D <= 65536");
}

void FaceCodes::reserve(int64_t rows) {
  codes_.reserve(static_cast<size_t>(rows * padded_));
  scales_.reserve(static_cast<size_t>(rows));
  errors_.reserve(static_cast<size_t>(rows));
}

template <typename T>
FaceCodes::Rounded FaceCodes::round(const float* row, T* codes) const {
  float largest = 0;
  for (int64_t j = 0; j < dimensions_; ++j) largest = std::max(largest, std::abs(row[j]));
  const float scale = largest / kLargestCode;
  double squares = 0;
  for (int64_t j = 0; j < dimensions_; ++j) {
    const float code = scale > 0 ? std::round(row[j] / scale) : 0;
    codes[j] = static_cast<T>(code);
    const double error = double{row[j]} - double{scale} * code;
    squares += error * error;
  }
  return {scale, static_cast<float>(std::sqrt(squares)) + kRounding};
}

void FaceCodes::add(const float* row) {
  codes_.resize(codes_.size() + static_cast<size_t>(padded_), 0);
  const Rounded rounded = round(row, codes_.data() + codes_.size() - padded_);
  scales_.push_back(rounded.scale);
  errors_.push_back(rounded.error);
}

FaceCodes::Query FaceCodes::query_of(const float* row) const {
  Query query{.codes = std::vector<int16_t>(static_cast<size_t>(padded_))};
  const Rounded rounded = round(row, query.codes.data());
  query.scale = rounded.scale;
  query.error = rounded.error;
  return query;
}

void FaceCodes::bound_products(const Query& query, int64_t begin, int64_t end, Bounds* bounds) const {
  std::array<int32_t, kRowsOfPart> products;
  for (int64_t first = begin; first < end; first += kRowsOfPart) {
    const int64_t rows = std::min(kRowsOfPart, end - first);
    code_products(codes_.data() + first * padded_, rows, padded_, query.codes.data(), products.data());
    for (int64_t i = 0; i < rows; ++i) {
      const auto row = static_cast<size_t>(first + i);
      const float product = query.scale * scales_[row] * static_cast<float>(products[static_cast<size_t>(i)]);
      const float error = query.error + (1 + query.error) * errors_[row] + kRounding;
      bounds[first - begin + i] = {product - error, product + error};
    }
  }
}

}  // namespace massface
