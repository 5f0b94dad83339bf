#pragma once

#include <cstdint>

// Products of rows of 8-bit codes with a query, with the vector instructions of this processor. A row of codes takes a
// quarter of the memory of its float32 numbers, and reading that memory is all that such a product costs.
namespace massface {

// Codes per row are a multiple of this; rows are padded with zeros.
constexpr int64_t kCodeAlignment = 64;

// products[i] = the sum over j of query[j] codes[i n + j] for 0 <= i < rows; exact. n: a multiple of kCodeAlignment, at
// most 65,536. query: of the same range as codes, -127 to 127.
void code_products(const int8_t* codes, int64_t rows, int64_t n, const int16_t* query, int32_t* products);

// The reference twin.
void code_products_reference(const int8_t* codes, int64_t rows, int64_t n, const int16_t* query, int32_t* products);

}  // namespace massface
