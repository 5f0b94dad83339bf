#include "distributed/device_group.h"

namespace massface {

c10::intrusive_ptr<c10d::Backend> make_device_group(const c10::intrusive_ptr<c10d::Store>&, int64_t, int64_t,
                                                    std::chrono::milliseconds) {
  return {};
}

}  // namespace massface
