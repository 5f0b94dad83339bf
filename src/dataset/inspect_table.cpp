#include <fmt/format.h>

#include <algorithm>

#include "core/files.h"
#include "dataset/inspect.h"

namespace massface {
namespace {

constexpr const char* kRow = "{:<22}{}\n";

// 22095 -> "22,095".
std::string grouped(int64_t value) {
  std::string digits = std::to_string(value);
  for (auto at = static_cast<int64_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<size_t>(at), 1, ',');
  return digits;
}

std::string bucket_name(const ImagesPerIdentityBucket& bucket) {
  return bucket.from == bucket.to ? grouped(bucket.from)
                                  : fmt::format("{} to {}", grouped(bucket.from), grouped(bucket.to));
}

std::string histogram_table(const std::vector<ImagesPerIdentityBucket>& histogram) {
  constexpr int64_t kLongestBar = 40;
  std::string table = fmt::format("\n{:<22}{:>12}{:>14}\n", "images per identity", "identities", "images");
  int64_t most = 0;
  for (const auto& bucket : histogram) most = std::max(most, bucket.identities);
  for (const auto& bucket : histogram) {
    // Rounded up, so that one identity among a million is still visible.
    const auto bar = static_cast<size_t>((bucket.identities * kLongestBar + most - 1) / most);
    table += fmt::format("{:<22}{:>12}{:>14}{}{}\n", bucket_name(bucket), grouped(bucket.identities),
                         grouped(bucket.images), bar == 0 ? "" : "  ", std::string(bar, '#'));
  }
  return table;
}

std::string shared_names_rows(const SharedNames& shared) {
  std::string rows;
  const int64_t separate = shared.names - shared.merged;
  if (shared.merged > 0) {
    rows += fmt::format("{:<22}{} in several of the joined sets, each taken for one person\n", "merged names",
                        grouped(shared.merged));
  }
  if (separate > 0) {
    rows += fmt::format("{:<22}{} in several of the joined sets, each taken for different people\n", "separate names",
                        grouped(separate));
  }
  return rows;
}

std::string damage_table(const std::vector<DamagedBytes>& damage, size_t most_listed) {
  if (damage.empty()) return "";
  std::string table = fmt::format(kRow, "damaged parts", grouped(static_cast<int64_t>(damage.size())));
  for (size_t i = 0; i < std::min(most_listed, damage.size()); ++i) table += fmt::format("  {}\n", to_line(damage[i]));
  if (damage.size() > most_listed) table += fmt::format("  and {} more\n", damage.size() - most_listed);
  return table;
}

// A few names of each group are enough to find the others.
std::string equal_images_rows(const EqualImageCounts& equal, size_t most_listed) {
  constexpr size_t kNamesOfAGroup = 4;
  std::string rows = fmt::format(kRow, "equal, one person", grouped(equal.repeats_within_people));
  rows += fmt::format("{:<22}{}{}\n", "equal, several people", grouped(equal.images_across_people),
                      equal.people_across > 0 ? fmt::format(" images of {} people", grouped(equal.people_across)) : "");
  for (size_t i = 0; i < std::min(most_listed, equal.groups.size()); ++i) {
    const std::vector<std::string>& names = equal.groups[i].names;
    rows += "  ";
    for (size_t k = 0; k < std::min(kNamesOfAGroup, names.size()); ++k)
      rows += (k > 0 ? " = " : "") + printable(names[k]);
    rows += names.size() > kNamesOfAGroup ? fmt::format(" and {} more\n", names.size() - kNamesOfAGroup) : "\n";
  }
  if (equal.groups.size() > most_listed) {
    rows += fmt::format("  and {} more (--json lists all)\n",
                        grouped(static_cast<int64_t>(equal.groups.size() - most_listed)));
  }
  return rows;
}

std::string images_table(const DatasetSummary& summary, size_t most_listed) {
  std::string table = "\n";
  if (summary.jpeg_images > 0) table += fmt::format(kRow, "JPEG", grouped(summary.jpeg_images));
  if (summary.png_images > 0) table += fmt::format(kRow, "PNG", grouped(summary.png_images));
  if (summary.webp_images > 0) table += fmt::format(kRow, "WebP", grouped(summary.webp_images));
  if (summary.raw_images > 0) table += fmt::format(kRow, "decoded", grouped(summary.raw_images));
  for (size_t i = 0; i < std::min(most_listed, summary.sizes.size()); ++i) {
    const ImageSizeCount& size = summary.sizes[i];
    table += fmt::format(kRow, fmt::format("{} x {} pixels", size.width, size.height), grouped(size.images));
  }
  if (summary.sizes.size() > most_listed) {
    table += fmt::format("and {} other sizes\n", grouped(static_cast<int64_t>(summary.sizes.size() - most_listed)));
  }
  const auto unreadable = static_cast<int64_t>(summary.unreadable.size());
  table += fmt::format(kRow, "unreadable", grouped(unreadable));
  for (size_t i = 0; i < std::min(most_listed, summary.unreadable.size()); ++i) {
    table += fmt::format("  {}\n", to_line(summary.unreadable[i]));
  }
  if (summary.unreadable.size() > most_listed) {
    table += fmt::format("  and {} more (--json lists all)\n", grouped(unreadable - static_cast<int64_t>(most_listed)));
  }
  table += equal_images_rows(summary.equal, most_listed);
  return table + damage_table(summary.damage, most_listed);
}

}  // namespace

std::string to_line(const DamagedBytes& damage) {
  return damage.end == damage.first + 1
             ? fmt::format("{}: byte {} ({})", printable(damage.file), damage.first, printable(damage.what))
             : fmt::format("{}: one of the bytes {} to {} ({})", printable(damage.file), damage.first, damage.end - 1,
                           printable(damage.what));
}

std::string summary_table(const DatasetSummary& summary, int64_t most_listed) {
  std::string table = fmt::format(kRow, "identities", grouped(summary.identities));
  table += fmt::format(kRow, "images", grouped(summary.images));
  table += fmt::format("{:<22}{} to {}, median {:g}, mean {:.1f}\n", "images per identity",
                       grouped(summary.min_images_per_identity), grouped(summary.max_images_per_identity),
                       summary.median_images_per_identity, summary.mean_images_per_identity);
  table += shared_names_rows(summary.shared_names);
  for (const std::string& phrase : summary.left_out) table += fmt::format(kRow, "left out", phrase);
  table += histogram_table(summary.histogram);
  if (summary.images_were_read) table += images_table(summary, static_cast<size_t>(most_listed));
  return table;
}

}  // namespace massface
