#!/usr/bin/env bash
# package_try.sh FOLDER: tries the packages that ./run package has left in FOLDER, each in an empty Debian root file
# system of its own: the .deb with the packages that it depends on, the .tar.gz with nothing. Exit code 77, with the
# reason, if that cannot be done here.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/messages.sh"

skip() { say "skipped: $*"; exit 77; }

folder=$1
if ! { deb=$(compgen -G "$folder/massface_*_amd64.deb") &&
  archive=$(compgen -G "$folder/massface-*-linux-x86_64.tar.gz"); }; then
  skip "there are no packages in $folder; ./run package makes them."
fi
((EUID == 0)) || skip "only root can make a root file system."
command -v debootstrap >/dev/null || skip "debootstrap is not installed; ./run setup --package installs it."
unshare --mount true 2>/dev/null || skip "this machine allows no mounts, which a root file system needs."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
# shellcheck disable=SC2016  # apt-get expands
mirror=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(SITE)' 'Created-By: Packages' |
  awk -v release="$codename" '$1 == release && $2 == "main" && !seen++ { print $3 }')
[[ -n $mirror ]] || skip "apt knows no packages of $codename; apt-get update finds them."

# Mounts that are made within unshare end with it.
say "Making an empty root file system ..."
unshare --mount debootstrap --variant=minbase "$codename" "$work/base" "$mirror" >"$work/log" 2>&1 ||
  { tail -n 5 "$work/log" >&2; skip "debootstrap could not make a root file system (see above)."; }
rm -f "$work"/base/var/cache/apt/archives/*.deb

# in_root ROOT COMMAND...: runs the command there, with nothing of this machine's environment.
in_root() {
  # shellcheck disable=SC2016  # the inner shell expands
  unshare --mount bash -c 'mount -t proc proc "$0/proc" && exec env -i PATH=/usr/sbin:/usr/bin HOME=/root \
    OMP_WAIT_POLICY=passive chroot "$0" "$@"' "$@"
}

# try_program ROOT PREFIX: draws faces, trains on them for two steps, and aligns photographs.
try_program() {
  local root=$1 massface=$2/bin/massface
  cp "$ROOT/tools/two_steps.toml" "$root/root/"
  in_root "$root" "$massface" --version
  in_root "$root" "$massface" synth /root/faces --identities 4 --images-per-identity 4 --test-identities 20 \
    --test-images-per-identity 2 --pairs-per-fold 2
  in_root "$root" "$massface" train /root/two_steps.toml dataset.path=/root/faces/train --run /root/run
  in_root "$root" "$massface" evaluate /root/run --pairs /root/faces/pairs.txt --images /root/faces/test --resize
  in_root "$root" "$massface" synth /root/scenes --photographs --identities 2 --images-per-identity 2 \
    --test-identities 20 --test-images-per-identity 2 --pairs-per-fold 2
  in_root "$root" "$massface" align /root/scenes/train /root/crops
}

# The libraries that the program of PREFIX loads from outside PREFIX/lib/massface.
outside_libraries() { in_root "$1" ldd "$2/bin/massface" | awk '/=>/ { print $3 }' | grep -v "^$2/"; }

say "Trying $(basename "$deb") ..."
cp -a "$work/base" "$work/deb"
# Fetched by this machine's apt, for the packages that the root file system has.
attempts 3 apt-get -qq -y -o Dir::State::status="$work/deb/var/lib/dpkg/status" \
  -o Dir::Cache::archives="$work/deb/var/cache/apt/archives" -o APT::Sandbox::User=root --no-install-recommends \
  --download-only install "$(readlink -f "$deb")" >"$work/log" 2>&1 ||
  { tail -n 5 "$work/log" >&2; fail "apt does not find what $deb depends on (see above)."; }
cp "$deb" "$work/deb/var/cache/apt/archives/"
in_root "$work/deb" bash -c 'DEBIAN_FRONTEND=noninteractive dpkg -i /var/cache/apt/archives/*.deb' >"$work/log" 2>&1 ||
  { tail -n 20 "$work/log" >&2; fail "dpkg could not install $deb (see above)."; }
try_program "$work/deb" /usr
rm -rf "$work/deb"

say "Trying $(basename "$archive") ..."
mv "$work/base" "$work/tar"
tar -xzf "$archive" -C "$work/tar/opt"
prefix=/opt/$(cd "$work/tar/opt" && echo massface-*)
# Whatever it loads from the root file system must be of the C library, which every system has.
c_library=$(in_root "$work/tar" dpkg -L libc6)
while read -r library; do
  [[ $c_library$'\n' == *"/$(basename "$library")"$'\n'* ]] ||
    fail "$archive does not contain $library, which its program loads."
done < <(outside_libraries "$work/tar" "$prefix")
try_program "$work/tar" "$prefix"
say "Both packages ran in an empty root file system."
