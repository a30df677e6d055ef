"""The helper module of every attack: each attempt prints one line.

The text of this file is put before each attack as the module `attack`, because the kernel cannot import the
tests. An attempt prints `REACHED` if it succeeded, `REFUSED` if the system refused it, and `BROKEN` if it was
itself faulty: a call with wrong arguments is refused everywhere and proves nothing.
"""

import ctypes
import errno
import os
import re
import sys

GIVEN: dict = {}
SECRET = re.compile(rb"mentoring-secret-([a-z]+)-[0-9a-f]{16}")
_libc = ctypes.CDLL(None, use_errno=True)
# Answers to a malformed call. Who expects one of them says so.
_SUSPECT = {errno.EINVAL, errno.EFAULT, errno.EBADF, errno.E2BIG, errno.ENOTTY, errno.EDOM, errno.EMFILE}


def say(line):
    """Write one line that no output machinery can split or lose."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def attempt(what, function, *arguments, expect=()):
    """Try one thing; a true result counts as reached."""
    try:
        got = function(*arguments)
    except (OSError, MemoryError) as error:
        code = getattr(error, "errno", None)
        name = errno.errorcode.get(code, str(code)) if code else type(error).__name__
        wrong = code in _SUSPECT and code not in expect
        say(f"{'BROKEN' if wrong else 'REFUSED'} {what}: {name}")
    except BaseException as error:
        say(f"BROKEN {what}: {type(error).__name__} {error}")
    else:
        say(f"REACHED {what}: {str(got)[:160]!r}" if got else f"REFUSED {what}: nothing there")


def syscall(number, *arguments):
    """Call the system itself; x86_64 and aarch64 differ below 424, so callers give (x86_64, aarch64)."""
    if isinstance(number, tuple):
        number = number[0 if os.uname().machine == "x86_64" else 1]
    ctypes.set_errno(0)
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    result = _libc.syscall(ctypes.c_long(number), *words)
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def call(name, *arguments):
    """Call one function of the C library."""
    ctypes.set_errno(0)
    result = getattr(_libc, name)(*arguments)
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def in_child(function):
    """Run something in a child, and return its result; its exception is raised here.

    A child that was killed counts as refused.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = b"+" + str(function() or "").encode()
        except OSError as error:
            said = b"-" + str(error.errno or 0).encode()
        except BaseException as error:
            said = b"!" + repr(error).encode()
        os.write(writing, said[:4000])
        os._exit(0)
    os.close(writing)
    said = b""
    while part := os.read(reading, 4096):
        said += part
    os.close(reading)
    _, status = os.waitpid(child, 0)
    if said[:1] == b"+":
        return said[1:].decode(errors="replace")
    if said[:1] == b"-":
        raise OSError(int(said[1:]), "in the child")
    if os.WIFSIGNALED(status):
        raise OSError(errno.EPERM, f"killed by signal {os.WTERMSIG(status)}")
    raise RuntimeError(said.decode(errors="replace") or f"child ended with {status}")


def secrets(data):
    """Name the kinds of secret that stand in some bytes, never the secrets."""
    return " ".join(sorted({match.group(1).decode() for match in SECRET.finditer(data)}))


def read(path):
    """Read a file; what counts is that it could be read."""
    with open(path, "rb") as stream:
        return secrets(stream.read(1 << 20)) or "read"
