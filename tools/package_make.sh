#!/usr/bin/env bash
# package_make.sh BUILD FOLDER: makes massface_VERSION_amd64.deb and massface-VERSION-linux-x86_64.tar.gz in FOLDER, of
# what `cmake --install BUILD` installs. The .deb depends on Debian's packages; the .tar.gz has their libraries in it,
# all but the C library's.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/messages.sh"
umask 022

build=$(readlink -f "$1")
mkdir -p "$2"
out=$(readlink -f "$2")
version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")
stage=$(mktemp -d -p "$out" stage.XXXXXX) # beside the result, so that files can be hard links
trap 'rm -rf "$stage"' EXIT
chmod 755 "$stage"
if [[ $(ldd "$build/massface") == *libtorch_cuda* ]]; then
  usage_error "$build is a build with CUDA, whose libraries stay where they are. ./run package builds one without."
fi

# add_licence TREE PACKAGE: copies what Debian says on the copyright of one of its packages.
add_licence() {
  local file=/usr/share/doc/$2/copyright
  [[ -e $file ]] || fail "$file, the licence of a library that the package contains, is missing."
  cp -L "$file" "$1/share/doc/massface/licences/$2"
}

# Prints the Debian package of a file. The loader names files of /usr/lib in /lib, which is the same folder.
owner_of() {
  local found
  found=$(dpkg -S "$1" 2>/dev/null || dpkg -S "/usr$1" 2>/dev/null) || fail "$1 is of no Debian package."
  printf '%s\n' "${found%%:*}"
}

# The libraries that the tree's programs and libraries load from outside it.
outside_libraries() {
  ldd "$1/bin/massface" "$1"/lib/massface/*.so* | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | sort -u |
    grep -v "^$1/"
}

say "Installing build/$(basename "$build") ..."
root=$stage/root
cmake --install "$build" --prefix "$root/usr" >/dev/null
[[ -e $root/usr/share/massface/mtcnn.safetensors ]] || fail "the face detector's weights are missing. Run ./run setup."
strip --strip-unneeded "$root/usr/bin/massface" "$root"/usr/lib/massface/*.so*
cp -r "$ROOT/examples" "$root/usr/share/doc/massface/examples"
cat >"$root/usr/share/doc/massface/copyright" <<END
MassFace $version, with libraries of others. The folder licences/ has the licence of each, one file per library.
END
# Some of them are headers alone, which are compiled into the program.
while read -r package; do
  add_licence "$root/usr" "$package"
done < <(sed -nE 's/^([a-z0-9-]+-dev) .*/\1/p' "$ROOT/deps/debian.txt" | grep -v gtest)

rm -f "$out"/massface_*.deb "$out"/massface-*.tar.gz # also those of another version, which would be tried again
archive=massface-$version-linux-x86_64.tar.gz
say "Making $archive ..."
tree=$stage/massface-$version
cp -al "$root/usr" "$tree"
for library in $(outside_libraries "$tree"); do
  package=$(owner_of "$library")
  folder=$tree/lib/massface
  case $package in
    libc6) continue ;;
    libgcc-s1 | libstdc++6) folder=$tree/lib/massface/gcc ;; # cmake/MassfaceInstall.cmake says why
  esac
  mkdir -p "$folder"
  cp -L "$library" "$folder/"
  add_licence "$tree" "$package"
done
cp -rL /usr/share/common-licenses "$tree/share/doc/massface/licences/" # whose texts Debian's files refer to
tar -C "$stage" --sort=name --owner=0 --group=0 --numeric-owner -cf - "massface-$version" | gzip -n >"$stage/$archive"
mv "$stage/$archive" "$out/"

package=massface_${version}_amd64.deb
say "Making $package ..."
mkdir -p "$root/DEBIAN" "$stage/shlibs/debian"
printf 'Source: massface\n\nPackage: massface\nArchitecture: amd64\n' >"$stage/shlibs/debian/control"
# LibTorch's libraries are of no package: they lie in the folder that -l names.
depends=$(cd "$stage/shlibs" && dpkg-shlibdeps -O --ignore-missing-info "-l$root/usr/lib/massface" \
  "$root/usr/bin/massface" "$root"/usr/lib/massface/*.so* 2>"$stage/log") || { cat "$stage/log" >&2; exit 1; }
cat >"$root/DEBIAN/control" <<END
Package: massface
Version: $version
Architecture: amd64
Maintainer: The MassFace developers <massface@localhost>
Installed-Size: $(du -sk --exclude DEBIAN "$root" | cut -f1)
Depends: ${depends#shlibs:Depends=}
Suggests: g++, cmake
Section: science
Priority: optional
Description: trains and uses face recognition networks
 The program massface trains face recognition networks, measures them, compares
 photographs and searches galleries of people. A library for C++ and LibTorch,
 which both need, are included. The processor must have AVX2 and FMA.
END
dpkg-deb --root-owner-group -Zxz --build "$root" "$stage/$package" >/dev/null
mv "$stage/$package" "$out/"
ls -l "$out/$package" "$out/$archive"
