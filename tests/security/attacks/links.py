"""Follows the links that somebody put into the workspace, to read and to write."""

# outside: ^(symlink|folder) (read|write)
import os

from attack import attempt, read, secrets


def write(path):
    fd = os.open(path, os.O_WRONLY | os.O_APPEND)
    os.write(fd, b"attacked")
    os.close(fd)
    return "written"


def walk():
    found = set()
    for folder, folders, files in os.walk(".", followlinks=True):
        for name in files:
            try:
                found.update(secrets(open(os.path.join(folder, name), "rb").read()).split())
            except OSError:
                continue
    return " ".join(found - {"own"})


attempt("symlink read", read, "link-file")
attempt("symlink write", write, "link-file")
attempt("folder read", os.listdir, "link-folder")
attempt("folder write", write, "link-folder/gradebook.db")
attempt("relative read", read, "link-relative")
attempt("host read", read, "link-host")
attempt("nested read", read, "deep/link-file")
attempt("through proc", read, "link-proc")
attempt("everything", walk) if os.path.isdir("/workspace") else None
