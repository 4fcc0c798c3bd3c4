# 64-bit x86 Linux with musl, as far as Debian has it: musl-tools compile C only, so C++ takes the headers and the static
# library of g++, which are made for glibc. musl/ bridges what differs, but for <iostream> and <locale>.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER gcc-12)  # musl-gcc does not take its own specs a second time, from the linker flags below
set(CMAKE_CXX_COMPILER g++-12)

set(bridge ${CMAKE_CURRENT_LIST_DIR}/musl)
set(made ${CMAKE_BINARY_DIR}/musl)
file(MAKE_DIRECTORY ${made}/kernel)
foreach(folder linux asm-generic)
  file(CREATE_LINK /usr/include/${folder} ${made}/kernel/${folder} SYMBOLIC)
endforeach()
file(CREATE_LINK /usr/include/x86_64-linux-gnu/asm ${made}/kernel/asm SYMBOLIC)
execute_process(COMMAND g++-12 -print-file-name=include OUTPUT_VARIABLE compiler_headers OUTPUT_STRIP_TRAILING_WHITESPACE)
execute_process(COMMAND musl-gcc -O2 -Wall -Wextra -c ${bridge}/glibc_names.c -o ${made}/glibc_names.o COMMAND_ERROR_IS_FATAL ANY)

set(CMAKE_CXX_FLAGS_INIT "-nostdinc -nostdinc++")
foreach(folder ${bridge} /usr/include/c++/12 /usr/include/x86_64-linux-gnu/c++/12 /usr/include/x86_64-linux-musl
               ${compiler_headers} ${made}/kernel)
  string(APPEND CMAKE_CXX_FLAGS_INIT " -isystem ${folder}")
endforeach()
set(CMAKE_C_FLAGS_INIT "-nostdinc -isystem /usr/include/x86_64-linux-musl -isystem ${compiler_headers}")
# The specs forget the table by which a program finds what to unwind.
set(specs "-specs=/usr/lib/x86_64-linux-musl/musl-gcc.specs -Wl,--eh-frame-hdr")
set(CMAKE_SHARED_LINKER_FLAGS_INIT ${specs})
set(CMAKE_EXE_LINKER_FLAGS_INIT "${specs} -static-libstdc++ -static-libgcc ${made}/glibc_names.o")
