#include "distributed/store_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "core/error.h"
#include "distributed/own_address.h"

namespace massface {
namespace {

[[noreturn]] void fail_to_open(const std::string& reason) {
  throw Failure(fmt::format("no port of 127.0.0.1 could be opened for the processes to meet: {}", reason));
}

// A socket that listens on a free port of 127.0.0.1. The store's own would listen on all networks of the machine, and
// in IPv6, for whose form of 127.0.0.1 it asks the name server at every connection: 5 seconds where there is none.
class LoopbackSocket {
 public:
  LoopbackSocket() : file_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address_);
    auto* const any = reinterpret_cast<sockaddr*>(&address_);
    if (file_ < 0 || ::bind(file_, any, size) != 0 || ::listen(file_, SOMAXCONN) != 0 ||
        ::getsockname(file_, any, &size) != 0) {
      fail_to_open(std::strerror(errno));
    }
  }

  int file() const { return file_; }  // closed by the store
  uint16_t port() const { return ntohs(address_.sin_port); }

 private:
  int file_;
  sockaddr_in address_{};
};

}  // namespace

struct StoreServer::Store {
  c10::intrusive_ptr<c10d::TCPStore> store;
};

StoreServer::StoreServer() : store_(std::make_unique<Store>()) {
  hurry_reverse_lookups();
  const LoopbackSocket socket;
  c10d::TCPStoreOptions options;
  options.port = socket.port();
  options.masterListenFd = socket.file();
  options.isServer = true;
  options.waitWorkers = false;
  try {
    store_->store = c10::make_intrusive<c10d::TCPStore>("127.0.0.1", options);
  } catch (const std::exception& error) {
    fail_to_open(error.what());
  }
}

StoreServer::~StoreServer() = default;

int64_t StoreServer::port() const { return store_->store->getPort(); }

}  // namespace massface
