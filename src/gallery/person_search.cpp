#include "gallery/person_search.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>

#include "core/error.h"

namespace massface {
namespace {

constexpr int64_t kFacesAtOnce = 4096;
constexpr float kNone = -std::numeric_limits<float>::infinity();

// Returns the k-th largest number, or -infinity if there are fewer that are above it.
float kth_largest(std::vector<float> numbers, int64_t k) {
  if (k > std::ssize(numbers)) return kNone;
  const auto place = numbers.begin() + (k - 1);
  std::ranges::nth_element(numbers, place, std::greater());
  return *place;
}

}  // namespace

void PersonSearch::reserve(int64_t faces) {
  codes_.reserve(faces);
  rows_.reserve(static_cast<size_t>(faces * dimensions()));
  people_.reserve(static_cast<size_t>(faces));
}

void PersonSearch::add(const float* row, int64_t person) {
  check(person >= 0 && person < std::numeric_limits<int32_t>::max(), "a person is 0 or more, and fits 31 bits");
  codes_.add(row);
  rows_.insert(rows_.end(), row, row + dimensions());
  people_.push_back(static_cast<int32_t>(person));
  num_people_ = std::max(num_people_, static_cast<int32_t>(person + 1));
}

float PersonSearch::exact(const float* query, int64_t face) const {
  double sum = 0;  // in this order and precision, whatever the threads
  const float* other = row(face);
  for (int64_t j = 0; j < dimensions(); ++j) sum += double{query[j]} * other[j];
  return static_cast<float>(sum);
}

std::vector<FoundPerson> PersonSearch::search(const float* query, int64_t k, int64_t skip) const {
  check(k >= 1, "at least one person is wanted");
  const FaceCodes::Query rounded = codes_.query_of(query);
  std::vector<FaceCodes::Bounds> bounds(static_cast<size_t>(size()));
  at::parallel_for(0, size(), kFacesAtOnce, [&](int64_t begin, int64_t end) {
    codes_.bound_products(rounded, begin, end, bounds.data() + begin);
  });
  if (skip >= 0) bounds[static_cast<size_t>(skip)] = {kNone, kNone};
  // What each person reaches at least; the k-th best of these is reached by k people.
  std::vector<float> reached(static_cast<size_t>(num_people_), kNone);
  for (size_t i = 0; i < bounds.size(); ++i) {
    float& least = reached[static_cast<size_t>(people_[i])];
    least = std::max(least, bounds[i].low);
  }
  const float needed = kth_largest(std::move(reached), k);
  std::map<int64_t, FoundPerson> best;  // by person
  reranked_ = 0;
  for (size_t i = 0; i < bounds.size(); ++i) {
    if (!(bounds[i].high >= needed) || bounds[i].high == kNone) continue;
    ++reranked_;
    const FoundPerson found{
        .person = people_[i], .face = static_cast<int64_t>(i), .cosine = exact(query, static_cast<int64_t>(i))};
    const auto [entry, is_new] = best.try_emplace(found.person, found);
    if (!is_new && found.cosine > entry->second.cosine) entry->second = found;
  }
  std::vector<FoundPerson> people;
  for (const auto& [_, found] : best) people.push_back(found);
  std::ranges::stable_sort(people, std::greater(), &FoundPerson::cosine);
  people.resize(std::min(people.size(), static_cast<size_t>(k)));
  return people;
}

}  // namespace massface
