#pragma once

#include <cstdint>

// What the translation units of code_products.cpp share.
namespace massface {

constexpr int64_t kWordsOfCodes = 32;  // 16-bit words that hold kCodeAlignment codes
constexpr int kCodeBias = 8;           // is added to a code, so that its four bits are not signed

// What the biases of a row add to its product with the query.
inline int32_t bias_of_codes(const int16_t* query, int64_t n) {
  int32_t sum = 0;
  for (int64_t j = 0; j < n; ++j) sum += query[j];
  return kCodeBias * sum;
}

}  // namespace massface
