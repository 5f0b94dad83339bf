#pragma once

#include <cstdint>
#include <string>

namespace massface {

// Returns the address of this machine from which it reaches the host, as text: "10.0.0.2", or "127.0.0.1" for itself.
// No packet is sent. Throws Error if the name does not resolve or cannot be reached.
std::string own_address_towards(const std::string& host, int64_t port);

// Returns whether an address as text is one that other machines cannot reach: 127.0.0.0/8 or ::1.
bool is_loopback(const std::string& address);

// c10d asks the name server for the name of every address that it connects with, for its log. Where no server answers,
// each connection would take five seconds. Lets such questions of this thread, and of threads that start later, take
// one second, unless RES_OPTIONS in the environment says something else.
void hurry_reverse_lookups();

// The name of this machine.
std::string machine_name();

}  // namespace massface
