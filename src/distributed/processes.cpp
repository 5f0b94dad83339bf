#include "distributed/processes.h"

namespace massface {
namespace {

class SingleProcess : public Processes {
 public:
  SingleProcess() : Processes(0, 1) {}
  void sum(Tensor&) override {}
  Tensor gather(const Tensor& rows) override { return rows; }
  std::vector<std::string> exchange(const std::string& text) override { return {text}; }
};

}  // namespace

std::shared_ptr<Processes> single_process() { return std::make_shared<SingleProcess>(); }

}  // namespace massface
