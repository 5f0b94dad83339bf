#!/usr/bin/env python3
"""Lets the pinned CUDA wheel of PyTorch be imported on a machine without the CUDA libraries (3 GB).

stand_ins.py TORCH_LIB_FOLDER OUT_FOLDER: for every library that PyTorch's CUDA part loads and this machine lacks,
writes a shared library of that name into OUT_FOLDER whose functions abort. With LD_LIBRARY_PATH=OUT_FOLDER
`import torch` then works, and so does all of PyTorch that stays on the CPU; nothing there calls these functions.
LibTorch's RPATH comes before LD_LIBRARY_PATH, so a library that is there is used. For the peers of ./run bench only:
massface itself links the CPU part and needs none of this.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

LOADERS = ["libtorch_python.so", "libtorch_cuda.so", "libtorch_nvshmem.so", "libtorch_cuda_linalg.so", "libc10_cuda.so"]


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def missing_libraries(loaders):
    listed = "".join(output_of("ldd", loader) for loader in loaders)
    return sorted(set(re.findall(r"^\s*(\S+) => not found", listed, re.MULTILINE)))


def undefined_functions(loaders):
    """Names without their version, e.g. cudnnCreate of cudnnCreate@libcudnn.so.9."""
    listed = "".join(output_of("nm", "-D", "--undefined-only", loader) for loader in loaders)
    return sorted({line.split()[-1].split("@")[0] for line in listed.splitlines() if line})


def version_of(library, loaders):
    """The one symbol version that the loaders want of the library, or None."""
    for loader in loaders:
        needs = output_of("readelf", "-VW", loader)
        match = re.search(rf"File: {re.escape(library)}\s.*?Name: (\S+)", needs, re.DOTALL)
        if match:
            return match.group(1)
    return None


def build(library, functions, version, out):
    prefix = re.match(r"lib([a-z]+)", library.lower()).group(1)  # libnvshmem_host.so.3 -> nvshmem
    mine = [name for name in functions if name.lower().startswith(prefix)]
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "stand_in.c")
        source.write_text("void abort(void);\n" + "".join(f"void {name}(void) {{ abort(); }}\n" for name in mine))
        command = ["gcc", "-w", "-shared", "-fPIC", f"-Wl,-soname,{library}", "-o", str(out / library), str(source)]
        if version:
            script = pathlib.Path(folder, "versions")
            script.write_text(f"{version} {{ global: *; }};\n")
            command.append(f"-Wl,--version-script={script}")
        subprocess.run(command, check=True)


def main():
    folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    loaders = [str(folder / name) for name in LOADERS if (folder / name).exists()]
    functions = undefined_functions(loaders)
    for library in missing_libraries(loaders):
        build(library, functions, version_of(library, loaders), out)
        print(f"stand-in for {library}")


if __name__ == "__main__":
    main()
