#include "kernels/image_convolution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <typeinfo>

#include "kernels/testing_targets.h"
#include "kernels/testing_values.h"

namespace massface {
namespace {

// The layers of MTCNN, and shapes that fit no tile.
struct ConvolutionCase {
  int64_t height, width, in, out, side;
};
constexpr ConvolutionCase kConvolutions[] = {
    {14, 13, 3, 10, 3}, {7, 9, 10, 16, 3},   {5, 6, 16, 32, 3},  {24, 24, 3, 28, 3}, {11, 11, 28, 48, 3},
    {4, 4, 48, 64, 2},  {10, 10, 64, 64, 3}, {4, 4, 64, 128, 2}, {3, 3, 5, 1, 3},    {2, 17, 1, 33, 2},
    {6, 5, 7, 70, 1},   {3, 3, 16, 16, 3},   {12, 7, 19, 80, 3}};

// Computes each convolution, with and without PReLU, and compares it with the definition. only_winograd: leaves out
// what these transforms do not take.
void expect_convolutions(std::unique_ptr<ImageConvolution> make(ImageConvolution::Parameters), bool only_winograd,
                         double tolerance) {
  for (const auto& [height, width, in, out, side] : kConvolutions) {
    if (only_winograd && (side != 3 || in < 16 || out % 16 != 0)) continue;
    for (const bool prelu : {true, false}) {
      const int64_t pitch = width + (prelu ? 2 : 0), out_height = height - side + 1, out_width = width - side + 1;
      const auto image = normal(height * pitch * in, 1), weight = normal(out * side * side * in, 2),
                 bias = normal(out, 3), slope = normal(out, 4);
      const auto layer = make({side, in, out, weight, bias, prelu ? slope : std::vector<float>()});
      // One more number than the last pixel that counts, to see whether it stays.
      std::vector<float> result(((out_height - 1) * pitch + out_width) * out + 1, NAN);
      layer->run(image.data(), height, width, pitch, result.data());
      ASSERT_TRUE(std::isnan(result.back()));
      for (int64_t i = 0; i < out_height * out_width * out; ++i) {
        const int64_t c = i % out, x = i / out % out_width, y = i / out / out_width;
        double sum = bias[c];
        for (int64_t v = 0; v < side; ++v) {
          for (int64_t u = 0; u < side; ++u) {
            for (int64_t k = 0; k < in; ++k) {
              sum += static_cast<double>(image[((y + v) * pitch + x + u) * in + k]) *
                     weight[((c * side + v) * side + u) * in + k];
            }
          }
        }
        if (prelu && sum < 0) sum *= slope[c];
        ASSERT_NEAR(result[(y * pitch + x) * out + c], sum, tolerance * std::sqrt(side * side * in))
            << height << " x " << width << " x " << in << " to " << out << " at " << y << ", " << x << ", " << c;
      }
    }
  }
}

TEST(ImageConvolution, DirectlyIsAConvolutionWithBiasAndPRelu) {
  on_all_targets([] { expect_convolutions(direct_convolution, /*only_winograd=*/false, 1e-5); });
}

TEST(ImageConvolution, ByWinogradsTransformsIsTheSame) {
  on_all_targets([] { expect_convolutions(winograd_convolution, /*only_winograd=*/true, 5e-5); });
}

TEST(ImageConvolution, OfAnyShapeIsAConvolution) {
  on_all_targets([] { expect_convolutions(ImageConvolution::of, /*only_winograd=*/false, 5e-5); });
}

TEST(ImageConvolution, UsesWinogradsTransformsFrom16ChannelsOn) {
  const auto zeros = [](int64_t side, int64_t in, int64_t out) {
    return ImageConvolution::Parameters{
        side, in, out, std::vector<float>(side * side * in * out), std::vector<float>(out), {}};
  };
  const auto is = [](const std::unique_ptr<ImageConvolution>& a, const std::unique_ptr<ImageConvolution>& b) {
    return typeid(*a) == typeid(*b);
  };
  const auto winograd = winograd_convolution(zeros(3, 16, 16)), direct = direct_convolution(zeros(3, 16, 16));
  EXPECT_TRUE(is(ImageConvolution::of(zeros(3, 16, 32)), winograd));
  EXPECT_TRUE(is(ImageConvolution::of(zeros(3, 10, 16)), direct)) << "too few channels";
  EXPECT_TRUE(is(ImageConvolution::of(zeros(3, 16, 24)), direct)) << "no multiple of 16";
  EXPECT_TRUE(is(ImageConvolution::of(zeros(2, 64, 64)), direct)) << "2 x 2";
}

TEST(MaxPool, TakesTheLargestOfEachWindowAlsoAtTheEdge) {
  on_all_targets([] {
    for (const int64_t side : {2, 3}) {
      for (const int64_t channels : {1, 10, 16, 28, 64, 70}) {
        for (const auto& [height, width] : {std::pair<int64_t, int64_t>{3, 3}, {8, 9}, {22, 5}}) {
          const int64_t pitch = width + 2;
          auto image = normal(height * pitch * channels, 5);
          for (int64_t i = 0; i < std::ssize(image); ++i) {
            // Pixels beyond the width would win.
            if (i / channels % pitch >= width) image[i] = std::numeric_limits<float>::infinity();
          }
          const int64_t rows = pooled_size(height, side), columns = pooled_size(width, side);
          ASSERT_EQ(rows, static_cast<int64_t>(std::ceil((height - side) / 2.0)) + 1);
          std::vector<float> result(rows * columns * channels, NAN);
          max_pool(image.data(), height, width, pitch, channels, side, result.data());
          for (int64_t i = 0; i < std::ssize(result); ++i) {
            const int64_t c = i % channels, x = i / channels % columns, y = i / channels / columns;
            float largest = -std::numeric_limits<float>::infinity();
            for (int64_t v = 2 * y; v < std::min(2 * y + side, height); ++v) {
              for (int64_t u = 2 * x; u < std::min(2 * x + side, width); ++u) {
                largest = std::max(largest, image[(v * pitch + u) * channels + c]);
              }
            }
            ASSERT_EQ(result[i], largest)
                << side << ", " << channels << ": " << height << " x " << width << " at " << i;
          }
        }
      }
    }
  });
}

}  // namespace
}  // namespace massface
