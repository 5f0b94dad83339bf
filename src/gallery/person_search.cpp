#include "gallery/person_search.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <limits>
#include <map>
#include <mutex>

#include "core/error.h"

namespace massface {
namespace {

constexpr int64_t kFacesAtOnce = 256;
constexpr float kNone = -std::numeric_limits<float>::infinity();

// The k people who reach most so far, each by what it reaches at least.
class BestPeople {
 public:
  explicit BestPeople(int64_t k) : k_(static_cast<size_t>(k)) {}

  // What k people reach at least; -infinity while there are fewer.
  float reached() const { return reached_; }

  void add(int32_t person, float low) {
    if (low <= reached_) return;
    const auto known = std::ranges::find(best_, person, &Person::person);
    if (known != best_.end()) {
      known->low = std::max(known->low, low);
    } else if (best_.size() < k_) {
      best_.push_back({person, low});
    } else {
      *std::ranges::min_element(best_, {}, &Person::low) = {person, low};
    }
    if (best_.size() == k_) reached_ = std::ranges::min_element(best_, {}, &Person::low)->low;
  }

  void add(const BestPeople& others) {
    for (const Person& other : others.best_) add(other.person, other.low);
  }

 private:
  struct Person {
    int32_t person;
    float low;
  };

  size_t k_;
  std::vector<Person> best_;
  float reached_ = kNone;
};

void raise(std::atomic<float>& value, float to) {
  float now = value.load();
  while (now < to && !value.compare_exchange_weak(now, to)) continue;
}

struct Candidate {
  int64_t face;
  float high;  // its cosine at most
};

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
}

float PersonSearch::exact(const float* query, int64_t face) const {
  double sum = 0;  // in this order and precision, whatever the threads
  const float* other = row(face);
  for (int64_t j = 0; j < dimensions(); ++j) sum += double{query[j]} * other[j];
  return static_cast<float>(sum);
}

std::vector<FoundPerson> PersonSearch::search(const float* query, int64_t k, int64_t skip, Work* work) const {
  check(k >= 1, "at least one person is wanted");
  const FaceCodes::Query rounded = codes_.query_of(query);
  std::atomic<float> needed = kNone;  // k people reach it, as far as any thread knows
  std::mutex merging;
  std::vector<Candidate> candidates;
  BestPeople best_of_all(k);
  std::atomic<int64_t> looked_at_by_all = 0;
  at::parallel_for(0, size(), 16 * kFacesAtOnce, [&](int64_t begin, int64_t end) {
    std::array<int32_t, kFacesAtOnce> upper, lower;
    std::array<float, kFacesAtOnce> high;
    int64_t looked_at = 0;
    std::vector<Candidate> mine;
    BestPeople best(k);
    for (int64_t first = begin; first < end; first += kFacesAtOnce) {
      const int64_t last = std::min(first + kFacesAtOnce, end);
      codes_.upper_products(rounded, first, last, upper.data());
      float limit = needed.load(std::memory_order_relaxed);
      codes_.upper_limits(rounded, first, last, upper.data(), high.data());
      // Where many may reach it, as among strangers, all are read in one go: memory is fastest in order.
      const auto faces = last - first;
      const bool are_many =
          std::ranges::count_if(high.begin(), high.begin() + faces, [&](float h) { return h >= limit; }) > faces / 8;
      if (are_many) codes_.lower_products(rounded, first, last, lower.data());
      for (int64_t face = first; face < last; ++face) {
        const auto i = static_cast<size_t>(face - first);
        if (high[i] < limit || face == skip) continue;
        if (!are_many) codes_.lower_products(rounded, face, face + 1, &lower[i]);
        ++looked_at;
        const FaceCodes::Bounds tight = codes_.bounds_of(rounded, face, upper[i], lower[i]);
        if (tight.high < limit) continue;
        mine.push_back({face, tight.high});
        best.add(people_[static_cast<size_t>(face)], tight.low);
        limit = std::max(limit, best.reached());
      }
      raise(needed, limit);
    }
    looked_at_by_all += looked_at;
    const std::lock_guard lock(merging);
    candidates.insert(candidates.end(), mine.begin(), mine.end());
    best_of_all.add(best);
  });
  const float limit = std::max(needed.load(), best_of_all.reached());
  if (work != nullptr) *work = {.in_eight_bits = looked_at_by_all};
  std::map<int64_t, FoundPerson> best;  // by person
  for (const Candidate& candidate : candidates) {
    if (candidate.high < limit) continue;
    if (work != nullptr) ++work->in_float32;
    const FoundPerson found{.person = people_[static_cast<size_t>(candidate.face)],
                            .face = candidate.face,
                            .cosine = exact(query, candidate.face)};
    const auto [entry, is_new] = best.try_emplace(found.person, found);
    const FoundPerson& before = entry->second;
    if (is_new) continue;
    // Of equal faces the first, whatever the order of the candidates.
    const bool is_better = found.cosine > before.cosine || (found.cosine == before.cosine && found.face < before.face);
    if (is_better) entry->second = found;
  }
  std::vector<FoundPerson> people;
  for (const auto& [_, found] : best) people.push_back(found);
  std::ranges::stable_sort(people, std::greater(), &FoundPerson::cosine);
  people.resize(std::min(people.size(), static_cast<size_t>(k)));
  return people;
}

}  // namespace massface
