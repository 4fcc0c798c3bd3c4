# 64-bit ARM Linux by Debian's cross compiler; its programs run under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
# Fewer addresses, so smaller regions: qemu 7.2 keeps a note of each page that is mapped, 1.2 GB for our 256 GiB.
set(CMAKE_CROSSCOMPILING_EMULATOR prlimit --as=34359738368 qemu-aarch64 -L /usr/aarch64-linux-gnu)
