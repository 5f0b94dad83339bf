#include "kernels/fma_peak.h"

#include <algorithm>
#include <barrier>
#include <thread>
#include <vector>

#include "core/stopwatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/fma_peak.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Runs `rounds` times twelve independent multiply-adds (two units with a latency of four cycles need eight). `sum`
// keeps the compiler from removing them, and each chain has a different start because the compiler would merge equal
// chains. Returns the number of FLOPs.
double multiply_add(int64_t rounds, float* sum) {
  const hn::ScalableTag<float> d;
  const auto factor = hn::Set(d, 0.999f);
  const auto addend = hn::Set(d, *sum);
  const auto start = [&](float offset) { return hn::Add(addend, hn::Set(d, offset)); };
  auto a0 = start(0), a1 = start(1), a2 = start(2), a3 = start(3), a4 = start(4), a5 = start(5);
  auto a6 = start(6), a7 = start(7), a8 = start(8), a9 = start(9), a10 = start(10), a11 = start(11);
  for (int64_t i = 0; i < rounds; ++i) {
    a0 = hn::MulAdd(a0, factor, addend);
    a1 = hn::MulAdd(a1, factor, addend);
    a2 = hn::MulAdd(a2, factor, addend);
    a3 = hn::MulAdd(a3, factor, addend);
    a4 = hn::MulAdd(a4, factor, addend);
    a5 = hn::MulAdd(a5, factor, addend);
    a6 = hn::MulAdd(a6, factor, addend);
    a7 = hn::MulAdd(a7, factor, addend);
    a8 = hn::MulAdd(a8, factor, addend);
    a9 = hn::MulAdd(a9, factor, addend);
    a10 = hn::MulAdd(a10, factor, addend);
    a11 = hn::MulAdd(a11, factor, addend);
  }
  const auto low = hn::Add(hn::Add(hn::Add(a0, a1), hn::Add(a2, a3)), hn::Add(a4, a5));
  const auto high = hn::Add(hn::Add(hn::Add(a6, a7), hn::Add(a8, a9)), hn::Add(a10, a11));
  *sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(low, high)));
  return 2.0 * 12.0 * static_cast<double>(hn::Lanes(d)) * static_cast<double>(rounds);
}

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace massface {
namespace {

HWY_EXPORT(multiply_add);

constexpr double kStretchSeconds = 0.02;

// Runs multiply-adds for one stretch. Returns FLOP/s.
double measure_stretch(float* sum) {
  constexpr int64_t kRounds = 20'000;  // about 50 microseconds, so that the clock is read rarely
  double flops = 0;
  const Stopwatch watch;
  double seconds = 0;
  do {
    flops += HWY_DYNAMIC_DISPATCH(multiply_add)(kRounds, sum);
    seconds = watch.seconds();
  } while (seconds < kStretchSeconds);
  return flops / seconds;
}

}  // namespace

double measure_fma_peak_gflops(int64_t threads, double seconds) {
  const int64_t stretches = std::max<int64_t>(1, static_cast<int64_t>(seconds / kStretchSeconds));
  std::vector<std::vector<double>> rates(threads, std::vector<double>(stretches));
  std::barrier together(threads);
  const auto measure = [&](int64_t thread) {
    float sum = 1e-3f;
    for (int64_t i = 0; i < stretches; ++i) {
      together.arrive_and_wait();
      rates[thread][i] = measure_stretch(&sum);
      sum = 1e-3f;
    }
  };
  std::vector<std::jthread> workers;
  for (int64_t thread = 1; thread < threads; ++thread) workers.emplace_back(measure, thread);
  measure(0);
  workers.clear();  // joins

  double best = 0;
  for (int64_t i = 0; i < stretches; ++i) {
    double rate = 0;
    for (int64_t thread = 0; thread < threads; ++thread) rate += rates[thread][i];
    best = std::max(best, rate);
  }
  return best * 1e-9;
}

}  // namespace massface
#endif
