#include "gallery/face_codes.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "kernels/code_products.h"

namespace massface {
namespace {

constexpr float kLargestCode = 119;  // 16 u + l with u and l from -8 to 7
constexpr float kLargestQueryCode = 2047;

// Rounding of the sums below, with room to spare.
constexpr float kRounding = 1e-6f;

float length_of_rest(const float* row, int64_t n, double scale, const auto& code) {
  double squares = 0;
  for (int64_t j = 0; j < n; ++j) {
    const double rest = double{row[j]} - scale * code(j);
    squares += rest * rest;
  }
  return static_cast<float>(std::sqrt(squares)) + kRounding;
}

float scale_to(float largest_code, const float* row, int64_t n) {
  float largest = 0;
  for (int64_t j = 0; j < n; ++j) largest = std::max(largest, std::abs(row[j]));
  return largest / largest_code;
}

float code_of(float x, float scale) { return scale > 0 ? std::round(x / scale) : 0; }

FaceCodes::Bounds around(float product, float query_error, float row_error) {
  const float error = query_error + (1 + query_error) * row_error + kRounding;
  return {product - error, product + error};
}

}  // namespace

FaceCodes::FaceCodes(int64_t dimensions)
    : dimensions_(dimensions), padded_((dimensions + kCodeAlignment - 1) / kCodeAlignment * kCodeAlignment) {
  check(dimensions >= 1 && padded_ <= 65536, "1 <= D <= 65536");
}

void FaceCodes::reserve(int64_t rows) {
  upper_.reserve(static_cast<size_t>(rows * padded_ / 2));
  lower_.reserve(static_cast<size_t>(rows * padded_ / 2));
  for (auto* numbers : {&scales_, &upper_errors_, &errors_}) numbers->reserve(static_cast<size_t>(rows));
}

void FaceCodes::add(const float* row) {
  const float scale = scale_to(kLargestCode, row, dimensions_);
  std::vector<int8_t> upper(static_cast<size_t>(padded_)), lower(upper);
  for (int64_t j = 0; j < dimensions_; ++j) {
    const int code = static_cast<int>(code_of(row[j], scale));
    const int high = (code + 8) >> 4;  // rounded down, whatever the sign
    upper[static_cast<size_t>(j)] = static_cast<int8_t>(high);
    lower[static_cast<size_t>(j)] = static_cast<int8_t>(code - 16 * high);
  }
  const auto pack = [&](const std::vector<int8_t>& codes, HugePageVector<uint8_t>& rows) {
    rows.resize(rows.size() + static_cast<size_t>(padded_ / 2));
    pack_codes(codes.data(), padded_, rows.data() + rows.size() - padded_ / 2);
  };
  pack(upper, upper_);
  pack(lower, lower_);
  const auto upper_code = [&](int64_t j) { return 16 * upper[static_cast<size_t>(j)]; };
  scales_.push_back(scale);
  upper_errors_.push_back(length_of_rest(row, dimensions_, scale, upper_code));
  errors_.push_back(length_of_rest(row, dimensions_, scale,
                                   [&](int64_t j) { return upper_code(j) + lower[static_cast<size_t>(j)]; }));
}

FaceCodes::Query FaceCodes::query_of(const float* row) const {
  Query query{.codes = std::vector<int16_t>(static_cast<size_t>(padded_)),
              .scale = scale_to(kLargestQueryCode, row, dimensions_)};
  for (int64_t j = 0; j < dimensions_; ++j) {
    query.codes[static_cast<size_t>(j)] = static_cast<int16_t>(code_of(row[j], query.scale));
  }
  query.error =
      length_of_rest(row, dimensions_, query.scale, [&](int64_t j) { return query.codes[static_cast<size_t>(j)]; });
  for (const int16_t code : query.codes) query.bias += kCodeBias * code;
  return query;
}

void FaceCodes::products_with(const HugePageVector<uint8_t>& codes, const Query& query, int64_t begin, int64_t end,
                              int32_t* products) const {
  code_products(codes.data() + begin * padded_ / 2, end - begin, padded_, query.codes.data(), products);
  for (int64_t i = 0; i < end - begin; ++i) products[i] -= query.bias;
}

void FaceCodes::upper_limits(const Query& query, int64_t begin, int64_t end, const int32_t* products,
                             float* high) const {
  const float *scales = scales_.data() + begin, *errors = upper_errors_.data() + begin;
  const float scale = 16 * query.scale, error = query.error + kRounding, share = 1 + query.error;
  for (int64_t i = 0; i < end - begin; ++i) {
    high[i] = scale * scales[i] * static_cast<float>(products[i]) + (error + share * errors[i]);
  }
}

FaceCodes::Bounds FaceCodes::bounds_of(const Query& query, int64_t row, int32_t upper_product,
                                       int32_t lower_product) const {
  const auto i = static_cast<size_t>(row);
  const double product = 16.0 * upper_product + lower_product;
  return around(query.scale * scales_[i] * static_cast<float>(product), query.error, errors_[i]);
}

}  // namespace massface
