#!/usr/bin/python3
"""Holds the built libraries free of cancellation points.

check_cancellation_points.py [libcenote.a] [libcenote-malloc.so]

POSIX makes malloc, free and their like no cancellation points, and ours are noexcept: a thread with a pending
pthread_cancel that comes to one inside them ends the process. So the libraries may import no function that POSIX says
shall or may be one, nor one that the GNU C library makes one on its own. src/os/linux/raw_calls.hpp has what takes the
place of those that read and write files.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# POSIX.1-2024, System Interfaces, 2.9.5.2.
SHALL = """
accept accept4 aio_suspend clock_nanosleep close cnd_timedwait cnd_wait connect creat fcntl fdatasync fsync getmsg
getpmsg lockf mq_receive mq_send mq_timedreceive mq_timedsend msgrcv msgsnd msync nanosleep open openat pause poll
posix_close ppoll pread pselect pthread_cond_clockwait pthread_cond_timedwait pthread_cond_wait pthread_join
pthread_testcancel putmsg putpmsg pwrite read readv recv recvfrom recvmsg select sem_clockwait sem_timedwait sem_wait
send sendmsg sendto sigsuspend sigtimedwait sigwait sigwaitinfo sleep system tcdrain thrd_join thrd_sleep usleep wait
waitid waitpid write writev
""".split()
MAY = """
access asctime asctime_r catclose catgets catopen chmod chown closedir closelog ctermid ctime ctime_r dbm_close
dbm_delete dbm_fetch dbm_nextkey dbm_open dbm_store dlclose dlopen dprintf endgrent endhostent endnetent endprotoent
endpwent endservent endutxent faccessat fchmod fchmodat fchown fchownat fclose fflush fgetc fgetpos fgets fgetwc
fgetws fmtmsg fopen fpathconf fprintf fputc fputs fputwc fputws fread freopen fscanf fseek fseeko fsetpos fstat
fstatat ftell ftello ftw futimens fwprintf fwrite fwscanf getaddrinfo getc getc_unlocked getchar getchar_unlocked
getcwd getdate getdelim getgrent getgrgid getgrgid_r getgrnam getgrnam_r gethostbyaddr gethostbyname gethostent
gethostid gethostname getline getlogin getlogin_r getnameinfo getnetbyaddr getnetbyname getnetent getopt
getprotobyname getprotobynumber getprotoent getpwent getpwnam getpwnam_r getpwuid getpwuid_r gets getservbyname
getservbyport getservent getutxent getutxid getutxline getwc getwchar getwd glob iconv_close iconv_open ioctl link
linkat lio_listio localtime localtime_r lseek lstat mkdir mkdirat mkdtemp mkfifo mkfifoat mknod mknodat mkostemp
mkstemp mktime nftw opendir openlog pathconf pclose perror popen posix_devctl posix_fadvise posix_fallocate
posix_getdents posix_madvise posix_openpt posix_spawn posix_spawnp posix_typed_mem_open printf psiginfo psignal
pthread_rwlock_clockrdlock pthread_rwlock_clockwrlock pthread_rwlock_rdlock pthread_rwlock_timedrdlock
pthread_rwlock_timedwrlock pthread_rwlock_wrlock putc putc_unlocked putchar putchar_unlocked puts pututxline putwc
putwchar readdir readdir_r readlink readlinkat remove rename renameat rewind rewinddir scandir scanf seekdir semop
setgrent sethostent setnetent setprotoent setpwent setservent setutxent sigpause stat strerror strerror_l strerror_r
strftime strftime_l symlink symlinkat sync syslog tmpfile tmpnam ttyname ttyname_r tzset ungetc ungetwc unlink
unlinkat utime utimensat utimes vdprintf vfprintf vfscanf vfwprintf vfwscanf vprintf vscanf vwprintf vwscanf wcsftime
wordexp wprintf wscanf
""".split()
# Not in POSIX, but cancellation points of the GNU C library 2.36: SYSCALL_CANCEL in its sources, and the rest of
# its stdio.
GNU = """
copy_file_range epoll_pwait epoll_pwait2 epoll_wait fallocate fflush_unlocked fgetc_unlocked fgets_unlocked
fputc_unlocked fputs_unlocked fread_unlocked fwrite_unlocked getrandom open_by_handle_at preadv preadv2
pthread_clockjoin_np pthread_timedjoin_np pwritev pwritev2 recvmmsg sendmmsg splice sync_file_range tee vmsplice
vsyslog wait3 wait4
""".split()
CANCELLATION_POINTS = {*SHALL, *MAY, *GNU}

# Function -> why it may be imported all the same.
ALLOWED = {
    "pthread_join": "src/os/linux/thread.cpp disables cancellation around it",
    "dlopen": "src/malloc/cxx_runtime.cpp disables cancellation around it",
}


def plain_name(symbol):
    """The function as POSIX names it: without version, and what is added for large files, checks of buffers, C99."""
    name = symbol.split("@")[0]
    for before in ("__isoc99_", "__isoc23_", "__libc_"):
        name = name.removeprefix(before)
    name = re.sub(r"^__([fl]?)x?(.*?)(_chk)?$", r"\1\2", name)
    return re.sub(r"(?<=[a-z_])(64(_time64)?|_time64)(?=$|_unlocked$)", "", name)


def imports(binary):
    """(object or "", symbol) for each symbol that the archive's members or the library leave to others."""
    dynamic = ["-D"] if binary.suffix == ".so" else []
    output = subprocess.run(["nm", *dynamic, "--undefined-only", "--print-file-name", str(binary)], check=True,
                            capture_output=True, text=True).stdout
    for place, symbol in re.findall(r"^(.*):\s+[UwvV] (\S+)$", output, re.M):
        member = place.removeprefix(str(binary)).lstrip(":")
        yield member, symbol


def problems_of(binary):
    """A line for each cancellation point that is imported without leave, and one when nothing at all is imported."""
    found = list(imports(binary))
    if not found:
        yield f"{binary.name}: imports nothing: is it a library of this project?"
    for member, symbol in found:
        name = plain_name(symbol)
        if name in CANCELLATION_POINTS and name not in ALLOWED:
            yield (f"{binary.name}: {member + ': ' if member else ''}{symbol} is a cancellation point: use "
                   "src/os/linux/raw_calls.hpp or base/print_error.hpp, or disable cancellation and list it in ALLOWED")


def main(arguments):
    libraries = [pathlib.Path(argument) for argument in arguments] or [
        ROOT / "build/release/lib/libcenote.a", ROOT / "build/release/lib/libcenote-malloc.so"]
    for library in libraries:
        if not library.exists():
            print(f"check_cancellation_points: {library} does not exist; run: scripts/build release")
            return 1
    problems = [problem for library in libraries for problem in problems_of(library)]
    print("\n".join(problems) or f"ok  cancellation points: none in {', '.join(one.name for one in libraries)}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
