#include "kernels/memory_bandwidth.h"

#include <algorithm>
#include <barrier>
#include <thread>
#include <vector>

#include "core/stopwatch.h"
#include "kernels/packing.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/memory_bandwidth.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace massface::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// a = b + s c. count: a multiple of every vector length. All arrays are aligned to 64 bytes.
void triad(float* a, const float* b, const float* c, float s, int64_t count) {
  const hn::ScalableTag<float> d;
  const auto factor = hn::Set(d, s);
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < count; i += lanes) {
    hn::Stream(hn::MulAdd(hn::Load(d, c + i), factor, hn::Load(d, b + i)), d, a + i);
  }
  hwy::FlushStream();
}

}  // namespace massface::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace massface {
namespace {

HWY_EXPORT(triad);

constexpr int64_t kArrayFloats = int64_t{32} << 20;  // 128 MB each
constexpr int64_t kAlignedFloats = 64;

}  // namespace

double measure_memory_bandwidth(int64_t threads, double seconds) {
  AlignedFloats a(kArrayFloats), b(kArrayFloats), c(kArrayFloats);
  std::barrier together(threads);
  std::vector<double> rates;  // one per pass, written by thread 0
  bool over = false;
  const auto measure = [&](int64_t thread) {
    const int64_t begin = kArrayFloats * thread / threads / kAlignedFloats * kAlignedFloats;
    const int64_t end = kArrayFloats * (thread + 1) / threads / kAlignedFloats * kAlignedFloats;
    for (AlignedFloats* array : {&a, &b, &c}) std::fill(array->data() + begin, array->data() + end, 1.0f);
    const Stopwatch all;
    while (!over) {
      together.arrive_and_wait();
      const Stopwatch watch;
      HWY_DYNAMIC_DISPATCH(triad)(a.data() + begin, b.data() + begin, c.data() + begin, 0.5f, end - begin);
      together.arrive_and_wait();
      if (thread == 0) {
        rates.push_back(3.0 * sizeof(float) * kArrayFloats / watch.seconds());
        over = all.seconds() >= seconds;
      }
      together.arrive_and_wait();
    }
  };
  std::vector<std::jthread> workers;
  for (int64_t thread = 1; thread < threads; ++thread) workers.emplace_back(measure, thread);
  measure(0);
  workers.clear();  // joins
  return *std::ranges::max_element(rates);
}

}  // namespace massface
#endif
