#include "benchmark/decode.h"

#include <turbojpeg.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <thread>
#include <vector>

#include "benchmark/median.h"
#include "core/error.h"
#include "core/random.h"
#include "core/stopwatch.h"
#include "image/decode.h"
#include "image/encode.h"

namespace massface {
namespace {

constexpr int64_t kSide = 112;
constexpr int kQuality = 88;
constexpr int kMinTurns = 3;

using Jpeg = std::vector<uint8_t>;

struct Ellipse {
  float y, x, y_radius, x_radius;
  float color[3];
};

Ellipse draw_ellipse(Random& random) {
  constexpr float side = kSide;
  return {.y = random.uniform(0, side),
          .x = random.uniform(0, side),
          .y_radius = random.uniform(4, side / 2),
          .x_radius = random.uniform(4, side / 2),
          .color = {random.uniform(20, 230), random.uniform(20, 230), random.uniform(20, 230)}};
}

// Draws overlapping shaded ellipses with noise on top: about as many edges, slopes and as much texture as a face has.
Image draw_photo(Random random) {
  std::vector<Ellipse> ellipses;
  for (int i = 0; i < 12; ++i) ellipses.push_back(draw_ellipse(random));
  Image image{.height = kSide, .width = kSide};
  for (int64_t y = 0; y < kSide; ++y) {
    for (int64_t x = 0; x < kSide; ++x) {
      const float* color = ellipses.front().color;
      float shade = 1;
      for (const Ellipse& e : ellipses) {
        const float dy = (static_cast<float>(y) - e.y) / e.y_radius, dx = (static_cast<float>(x) - e.x) / e.x_radius;
        const float distance_squared = dy * dy + dx * dx;
        if (distance_squared > 1) continue;
        color = e.color;
        shade = 1.1f - 0.4f * distance_squared;
      }
      const float noise = 4 * random.normal();
      for (int c = 0; c < 3; ++c) {
        image.pixels.push_back(static_cast<uint8_t>(std::clamp(color[c] * shade + noise, 0.0f, 255.0f)));
      }
    }
  }
  return image;
}

std::vector<Jpeg> encode_photos(int64_t num_images) {
  std::vector<Jpeg> jpegs;
  for (int64_t i = 0; i < num_images; ++i) {
    const Random random(0, RandomStream::kSyntheticImage, static_cast<uint64_t>(i));
    jpegs.push_back(encode_jpeg(draw_photo(random), kQuality));
  }
  return jpegs;
}

struct DestroyTurboJpeg {
  void operator()(void* handle) const { tjDestroy(handle); }
};

// The two ways of decoding that are compared, for one thread.
class Contestants {
 public:
  explicit Contestants(const std::vector<Jpeg>& jpegs)
      : jpegs_(jpegs), bare_(tjInitDecompress()), pixels_(static_cast<size_t>(kSide * kSide * 3)) {
    check(bare_ != nullptr, "TurboJPEG starts");
  }

  double images_per_second() {
    return rate([&](const Jpeg& jpeg) { decoder_.decode_into(jpeg, read_image_header(jpeg), pixels_.data()); });
  }

  double bare_images_per_second() {
    return rate([&](const Jpeg& jpeg) {
      const int code = tjDecompress2(bare_.get(), jpeg.data(), jpeg.size(), pixels_.data(), kSide, 0, kSide, TJPF_RGB,
                                     TJFLAG_ACCURATEDCT);
      check(code == 0, "a JPEG of our own is decoded");
    });
  }

 private:
  template <typename Decode>
  double rate(Decode decode) {
    const Stopwatch watch;
    for (const Jpeg& jpeg : jpegs_) decode(jpeg);
    return static_cast<double>(jpegs_.size()) / watch.seconds();
  }

  const std::vector<Jpeg>& jpegs_;
  ImageDecoder decoder_;
  std::unique_ptr<void, DestroyTurboJpeg> bare_;
  std::vector<uint8_t> pixels_;
};

// One entry per turn.
struct Turns {
  std::vector<double> rates;
  std::vector<double> bare_rates;
  std::vector<double> fractions;
};

Turns take_turns(const std::vector<Jpeg>& jpegs, double seconds) {
  Contestants contestants(jpegs);
  contestants.bare_images_per_second();  // warms caches and allocates
  contestants.images_per_second();
  Turns turns;
  const Stopwatch watch;
  while (turns.rates.size() < kMinTurns || watch.seconds() < seconds) {
    const bool bare_first = turns.rates.size() % 2 == 0;
    if (bare_first) turns.bare_rates.push_back(contestants.bare_images_per_second());
    turns.rates.push_back(contestants.images_per_second());
    if (!bare_first) turns.bare_rates.push_back(contestants.bare_images_per_second());
    turns.fractions.push_back(turns.rates.back() / turns.bare_rates.back());
  }
  return turns;
}

}  // namespace

DecodeBenchmark benchmark_decode(int64_t threads, int64_t num_images, double seconds) {
  check(threads >= 1 && num_images >= 1, "at least one thread decodes at least one image");
  const std::vector<Jpeg> jpegs = encode_photos(num_images);
  std::vector<Turns> of_thread(static_cast<size_t>(threads));
  {
    std::vector<std::jthread> running;
    for (Turns& turns : of_thread) running.emplace_back([&] { turns = take_turns(jpegs, seconds); });
  }
  DecodeBenchmark result{};
  std::vector<double> fractions;
  for (const Turns& turns : of_thread) {
    result.images_per_second += median(turns.rates);
    result.bare_images_per_second += median(turns.bare_rates);
    result.images += static_cast<int64_t>(turns.rates.size()) * num_images;
    fractions.insert(fractions.end(), turns.fractions.begin(), turns.fractions.end());
  }
  result.fraction_of_bare = median(std::move(fractions));
  return result;
}

}  // namespace massface
