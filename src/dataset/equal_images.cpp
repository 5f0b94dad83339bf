#include "dataset/equal_images.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace massface {
namespace {

EqualImages group_of(const Dataset& dataset, std::vector<HashedImage>::const_iterator begin,
                     std::vector<HashedImage>::const_iterator end) {
  EqualImages group;
  IdentityIndex before = -1;
  for (auto image = begin; image != end; ++image) {
    group.images.push_back(image->image);
    group.names.push_back(dataset.image_name(image->image));
    const IdentityIndex identity = dataset.identity_of(image->image);
    group.people += identity != before;  // images are sorted, and so are their identities
    before = identity;
  }
  return group;
}

}  // namespace

EqualImageCounts find_equal_images(const Dataset& dataset, std::vector<HashedImage> hashed) {
  std::ranges::sort(hashed, {}, [](const HashedImage& image) { return std::tuple(image.hash, image.image); });
  EqualImageCounts counts;
  std::set<IdentityIndex> people;
  for (auto begin = hashed.cbegin(); begin != hashed.cend();) {
    const auto end = std::find_if(begin, hashed.cend(), [&](const auto& other) { return other.hash != begin->hash; });
    if (end - begin > 1) {
      EqualImages group = group_of(dataset, begin, end);
      counts.repeats_within_people += std::ssize(group.images) - group.people;
      if (group.people > 1) {
        counts.images_across_people += std::ssize(group.images);
        for (const ImageIndex image : group.images) people.insert(dataset.identity_of(image));
      }
      counts.groups.push_back(std::move(group));
    }
    begin = end;
  }
  counts.people_across = std::ssize(people);
  std::ranges::sort(counts.groups, {},
                    [](const EqualImages& group) { return std::tuple(group.people == 1, group.images.front()); });
  return counts;
}

}  // namespace massface
