#pragma once

#include <cstdint>
#include <memory>

namespace massface {

// The store where the processes of one machine meet: c10d's TCPStore at a free port of 127.0.0.1, open while this
// object exists. It starts a thread of its own.
class StoreServer {
 public:
  // Throws Failure if the port cannot be opened.
  StoreServer();
  ~StoreServer();
  StoreServer(const StoreServer&) = delete;
  StoreServer& operator=(const StoreServer&) = delete;

  int64_t port() const;

 private:
  struct Store;
  std::unique_ptr<Store> store_;
};

}  // namespace massface
