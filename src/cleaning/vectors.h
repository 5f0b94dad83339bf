#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace massface {

// A sum of rows, in double.
class RowSum {
 public:
  explicit RowSum(int64_t dimensions) : sum_(static_cast<size_t>(dimensions)) {}

  void add(const float* row) {
    for (size_t k = 0; k < sum_.size(); ++k) sum_[k] += static_cast<double>(row[k]);
    ++count_;
  }
  int64_t count() const { return count_; }
  double dot(const float* row) const {
    double product = 0;
    for (size_t k = 0; k < sum_.size(); ++k) product += sum_[k] * static_cast<double>(row[k]);
    return product;
  }
  double squared_length() const {
    double sum = 0;
    for (const double value : sum_) sum += value * value;
    return sum;
  }
  // Returns the sum scaled to unit length; zeros if it has none.
  std::vector<float> unit() const {
    const double length = std::sqrt(squared_length());
    std::vector<float> scaled(sum_.size());
    for (size_t k = 0; k < sum_.size() && length > 0; ++k) scaled[k] = static_cast<float>(sum_[k] / length);
    return scaled;
  }

 private:
  std::vector<double> sum_;
  int64_t count_ = 0;
};

// The cosine of two rows of unit length.
inline double cosine(const float* a, const float* b, int64_t dimensions) {
  double product = 0;
  for (int64_t k = 0; k < dimensions; ++k) product += static_cast<double>(a[k]) * static_cast<double>(b[k]);
  return product;
}

// The cosine of a row of unit length to the rows of a sum, without the row itself if it is among them. NaN if nothing
// is left.
inline double cosine_to_others(const RowSum& sum, double squared_length, const float* row, bool is_in_sum) {
  if (sum.count() <= (is_in_sum ? 1 : 0)) return std::nan("");
  const double product = sum.dot(row), own = is_in_sum ? 1 : 0;
  const double squared = squared_length - own * (2 * product - 1);
  return squared > 1e-12 ? (product - own) / std::sqrt(squared) : 0;
}

}  // namespace massface
