"""Writes, makes, links, renames and removes where it should only read."""

# outside: ^(make|append|chmod|times|link|rename|remove|folder)
import os
import tempfile

from attack import GIVEN, attempt, syscall

NAME = "mentoring-attack-" + GIVEN["mark"]


def make(folder):
    path = os.path.join(folder, NAME)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o644))
    os.unlink(path)
    return "made"


def nameless(folder):
    fd = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600)
    return os.write(fd, b"x")


def folder_in(folder):
    os.mkdir(os.path.join(folder, NAME))
    os.rmdir(os.path.join(folder, NAME))
    return "made"


def append(path):
    return str(os.open(path, os.O_WRONLY | os.O_APPEND))


def link(folder, path):
    os.link(path, os.path.join(folder, NAME))
    os.unlink(os.path.join(folder, NAME))
    return "linked"


def link_here(path):
    here = os.path.join(os.getcwd(), NAME)
    os.link(path, here)
    fd = os.open(here, os.O_WRONLY | os.O_APPEND)
    os.close(fd)
    os.unlink(here)
    return "linked"


def rename(path):
    os.rename(path, path + NAME)
    os.rename(path + NAME, path)
    return "renamed"


def remove(folder):
    # Nothing of that name: with the right to write the answer is ENOENT.
    try:
        os.unlink(os.path.join(folder, NAME))
    except FileNotFoundError:
        if os.access(folder, os.W_OK):
            return "may"
        raise
    return "removed"


for what, folder in GIVEN["write_folders"].items():
    attempt(f"make in {what}", make, folder)
    attempt(f"folder in {what}", folder_in, folder)
    attempt(f"nameless in {what}", nameless, folder)
    attempt(f"chmod {what}", lambda: os.chmod(folder, os.stat(folder).st_mode & 0o7777) or "changed")
    attempt(f"times of {what}", lambda: os.utime(folder) or "changed")
    attempt(f"remove in {what}", remove, folder)
    attempt(f"make by init in {what}", make, "/proc/1/root" + folder)
    attempt(f"make by host in {what}", make, "/.host" + folder)
for what, path in GIVEN["write_files"].items():
    attempt(f"append to {what}", append, path)
    attempt(f"chmod {what}", lambda: os.chmod(path, os.stat(path).st_mode & 0o7777) or "changed")
    attempt(
        f"times of {what}",
        lambda: os.utime(path, ns=(os.stat(path).st_atime_ns, os.stat(path).st_mtime_ns)) or "changed",
    )
    attempt(f"linked {what}", link_here, path)
    attempt(f"attribute of {what}", lambda: os.setxattr(path, "user.attack", b"x") or "set")
    attempt(f"rename {what}", rename, path)
