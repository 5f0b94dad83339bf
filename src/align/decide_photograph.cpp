#include "align/decide_photograph.h"

#include <c10/util/Exception.h>

#include <new>
#include <string_view>

#include "align/manifest.h"
#include "core/error.h"
#include "core/files.h"
#include "image/image_file.h"

namespace massface {
namespace {

// LibTorch reports it by its text only.
bool is_lack_of_memory(const c10::Error& failure) {
  const std::string_view text = failure.what_without_backtrace();
  return text.find("not enough memory") != std::string_view::npos ||
         text.find("allocate memory") != std::string_view::npos;
}

const char* decision_on(const AlignedPhotograph& photograph) {
  return photograph.too_small ? decision::kTooSmall : photograph.faces.empty() ? decision::kNoFace : decision::kAligned;
}

}  // namespace

DecidedPhotograph PhotographDecider::decide(const std::filesystem::path& file, int64_t bytes, const FivePoints* given) {
  const auto too_large = [] {
    return DecidedPhotograph{decision::kTooLarge, "there was not enough memory for it", {}};
  };
  try {
    AlignedPhotograph photograph = look_at(file, bytes, given);
    const char* decision = decision_on(photograph);
    return {decision, "", std::move(photograph)};
  } catch (const BadLandmarks& bad) {
    return {decision::kBadLandmarks, bad.what(), {}};
  } catch (const TruncatedImage& bad) {
    return {decision::kTruncated, bad.what(), {}};
  } catch (const TooLargeImage& bad) {
    return {decision::kTooLarge, bad.what(), {}};
  } catch (const std::bad_alloc&) {
    return too_large();
  } catch (const c10::Error& failure) {
    if (!is_lack_of_memory(failure)) throw;
    return too_large();
  } catch (const Error& bad) {  // also a file that cannot be read
    return {decision::kBadImage, bad.what(), {}};
  }
}

AlignedPhotograph PhotographDecider::look_at(const std::filesystem::path& file, int64_t size, const FivePoints* given) {
  require_image_file(file);
  require_memory(size);
  std::optional<MemoryBudget::Share> share(memory_.reserve(size));
  const std::vector<uint8_t> bytes = read_file(file);
  const int64_t needed = memory_to_align(bytes, options_);
  require_memory(needed);
  // Shares are not added to, since threads could wait for each other for ever. The bytes remain while this one waits.
  share.reset();
  share.emplace(memory_.reserve(needed));
  return given == nullptr ? aligner_.align(bytes) : aligner_.align_given(bytes, *given);
}

// Throws TooLargeImage.
void PhotographDecider::require_memory(int64_t bytes) const {
  if (bytes <= memory_.bytes()) return;
  throw TooLargeImage(
      fmt::format("it needs {} MB of memory, more than the {} MB that photographs may use (--memory-mb)",
                  (bytes >> 20) + 1, memory_.bytes() >> 20));
}

}  // namespace massface
