#include "distributed/own_address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "core/error.h"
#include "core/files.h"

namespace massface {

std::string own_address_towards(const std::string& host, int64_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int fault = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  require(fault == 0, "the address {}, where the processes should meet, does not resolve: {}", printable(host),
          ::gai_strerror(fault));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  int error = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    const int socket = ::socket(address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) continue;
    sockaddr_storage own{};
    socklen_t size = sizeof(own);
    // Connecting a datagram socket only asks which way packets would take.
    const bool reaches = ::connect(socket, address->ai_addr, address->ai_addrlen) == 0 &&
                         ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size) == 0;
    error = errno;
    ::close(socket);
    std::array<char, NI_MAXHOST> text{};
    if (reaches && ::getnameinfo(reinterpret_cast<const sockaddr*>(&own), size, text.data(), text.size(), nullptr, 0,
                                 NI_NUMERICHOST) == 0) {
      return text.data();
    }
  }
  fail("the address {}, where the processes should meet, cannot be reached from here: {}", printable(host),
       std::strerror(error));
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

void hurry_reverse_lookups() {
  ::setenv("RES_OPTIONS", "timeout:1 attempts:1", /*overwrite=*/0);
  ::res_init();
}

std::string machine_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace massface
