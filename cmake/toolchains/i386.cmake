# 32-bit x86 Linux; a 64-bit kernel runs its programs. Debian's g++-multilib, unlike g++-12-multilib, would drive out the
# cross compilers, but it alone has the link by which 32-bit programs find <asm/>.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR i386)
set(CMAKE_C_COMPILER gcc-12)
set(CMAKE_CXX_COMPILER g++-12)
set(CMAKE_C_FLAGS_INIT "-m32 -isystem /usr/include/x86_64-linux-gnu")
set(CMAKE_CXX_FLAGS_INIT "-m32 -isystem /usr/include/x86_64-linux-gnu")
