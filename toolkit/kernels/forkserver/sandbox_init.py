"""The first process of a sandbox: it reaps, watches what the whole tree takes, and says how it ended.

It is under the same restrictions as the student's processes, which can neither trace nor kill it: the
first process of a PID namespace is immune to signals from within, and it is not dumpable. When it ends, so
does everything else in there.

See docs/decisions/0005-the-sandbox.md.
"""

from __future__ import annotations

import os
import signal
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from toolkit.kernels.forkserver.sandbox_setup import TO_SAY_SO

__all__ = ["BLOCKED", "Watched", "keep"]

_FORWARDED = {
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGCONT,
    signal.SIGTSTP,
}
BLOCKED = _FORWARDED | {signal.SIGCHLD}
_SHORTEST, _LONGEST = 0.05, 1.0
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_WAITING = 2000
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Watched:
    """What the tree may take; 0 where there is no limit.

    Parameters
    ----------
    memory : int
        Bytes.
    cpu : float
        Seconds of processor time.
    folder : str
        A folder on the host's disk; empty where all files are private, and so capped already.
    disk, files : int
        How many bytes and files it may grow by.
    """

    memory: int
    cpu: float
    folder: str
    disk: int
    files: int


def keep(child: int, report: int, watched: Watched) -> NoReturn:
    """Stay until ``child`` has ended, then write why to ``report`` and end everything.

    The report is ``E KIND VALUE``: exit and its code, signal and its number, or the limit that was passed:
    memory, cpu, disk.
    """
    watch = _Watch(watched)
    interval = _SHORTEST
    while True:
        caught = signal.sigtimedwait(BLOCKED, interval)
        if caught is not None and caught.si_signo in _FORWARDED:
            with suppress(ProcessLookupError):
                os.killpg(child, caught.si_signo)
        status = _reap(child)
        if status is not None:
            break
        passed, busy = watch.look()
        if passed:
            _end(report, passed, 0)
        interval = _SHORTEST if busy else min(_LONGEST, interval * 1.5)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        _end(report, "cpu" if number == signal.SIGXCPU else "signal", number)
    _end(report, "exit", os.WEXITSTATUS(status))


def _reap(child: int) -> int | None:
    ended = None
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == child:
                ended = status
    return ended


def _end(report: int, kind: str, value: int) -> NoReturn:
    with suppress(OSError):
        os.kill(-1, signal.SIGKILL)
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    with suppress(OSError):
        os.write(report, f"E {kind} {value}\n".encode())
    os._exit(0)


class _Watch:
    def __init__(self, limits: Watched) -> None:
        self.limits = limits
        self.cpu = 0.0
        # What each process has used; one that nobody waited for is in no sum of its parent's.
        self.used: dict[int, float] = {}
        self.gone = 0.0
        self.not_before = 0.0
        # How often, one after the other, something could not be looked into, and which process it was.
        self.hidden = 0
        self.hiding: dict[int, int] = {}
        self.start = (_usage_of(limits.folder) if limits.folder else None) or (0, 0)
        # Pages that are shared with the fork server count for every process that was forked from it. A
        # single process that takes too much gets a MemoryError, and what it needs to say so, before.
        self.shared = _resident(os.getpid())
        self.most = limits.memory + self.shared + TO_SAY_SO

    def look(self) -> tuple[str, bool]:
        """Return the limit that was passed, if any, and whether the tree is at work."""
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]
        cpu = self._cpu(pids)
        busy = cpu - self.cpu > 0.01
        self.cpu = max(self.cpu, cpu)
        if self.limits.cpu and cpu > self.limits.cpu:
            return "cpu", busy
        if self.limits.memory and self._too_much_memory(pids):
            return "memory", busy
        # Space can be taken without any work, so an idle tree is looked at as well.
        if self.limits.folder and time.monotonic() >= self.not_before and self._too_many_files(pids):
            return "disk", busy
        return "", busy

    def _cpu(self, pids: list[int]) -> float:
        own, whole = {}, sum(os.times()[2:4])
        for pid in pids:
            own[pid], waited_for = _cpu_seconds(pid)
            whole += own[pid] + waited_for
        self.gone += sum(seconds for pid, seconds in self.used.items() if pid not in own)
        self.used = own
        return max(whole, self.gone + sum(own.values()))

    def _too_much_memory(self, pids: list[int]) -> bool:
        # The quick figure counts shared pages more than once; only when it is too high is the slow one read.
        if sum(_resident(pid) for pid in pids) <= self.most:
            return False
        return sum(_proportional(pid) for pid in pids) > self.most

    def _too_many_files(self, pids: list[int]) -> bool:
        began = time.monotonic()
        usage = _usage_of(self.limits.folder)
        nameless, hiding = _nameless(pids)
        now = time.monotonic()
        # Looking costs at most a twentieth of the time.
        self.not_before = now + max(0.2, 20 * (now - began))
        # A program that is just being started cannot be looked into either, for a moment, and some may not be
        # read at all: one of them may stay for two looks, and one after the other for ten.
        self.hiding = {pid: self.hiding.get(pid, 0) + 1 for pid in hiding}
        self.hidden = self.hidden + 1 if usage is None or hiding else 0
        if usage is None or hiding:
            return self.hidden > (2 if usage is None else 10) or max(self.hiding.values(), default=0) > 2
        size, files = usage
        return size + nameless - self.start[0] > self.limits.disk or files - self.start[1] > self.limits.files


def _read(path: str) -> bytes:
    # The quickest way there is; this runs several times a second.
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(fd, 8192)
    finally:
        os.close(fd)


def _cpu_seconds(pid: int) -> tuple[float, float]:
    """Return the processor time of a process, and of those that it started and waited for, s."""
    with suppress(OSError, IndexError, ValueError):
        # The name of the process, in parentheses, may hold anything.
        fields = _read(f"/proc/{pid}/stat").rsplit(b")", 1)[1].split()
        own, waited_for = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
        return own / _TICKS, waited_for / _TICKS
    return 0.0, 0.0


def _resident(pid: int) -> int:
    with suppress(OSError, IndexError, ValueError):
        return sum(
            int(line.split()[1]) * 1024
            for line in _read(f"/proc/{pid}/status").splitlines()
            if line.startswith((b"RssAnon:", b"RssShmem:"))
        )
    return 0


def _proportional(pid: int) -> int:
    try:
        for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    except (OSError, IndexError, ValueError):
        pass
    # A process may refuse to be looked into; then all that it shares is counted as its own.
    return _resident(pid)


def _nameless(pids: list[int]) -> tuple[int, list[int]]:
    """Return the bytes of files that are open and have no name any more, and who does not show his."""
    found: dict[tuple[int, int], int] = {}
    hiding = []
    for pid in pids:
        try:
            for number in os.listdir(f"/proc/{pid}/fd"):
                with suppress(FileNotFoundError):
                    there = os.stat(f"/proc/{pid}/fd/{number}")
                    if stat.S_ISREG(there.st_mode) and there.st_nlink == 0:
                        found[there.st_dev, there.st_ino] = there.st_blocks * 512
        except PermissionError:
            if not _is_ending(pid):
                hiding.append(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return sum(found.values()), hiding


def _is_ending(pid: int) -> bool:
    try:
        return _read(f"/proc/{pid}/stat").rsplit(b")", 1)[1].split()[0] in {b"Z", b"X"}
    except (OSError, IndexError):
        return True


def _usage_of(folder: str) -> tuple[int, int] | None:
    """Return the bytes and the number of the files below a folder; None where it cannot be looked into."""
    size = files = 0
    # By descriptors, since a path has a greatest length. The deepest is looked into first.
    waiting = [os.open(folder, _FOLDER)]
    try:
        while waiting:
            here = waiting.pop()
            try:
                with os.scandir(here) as entries:
                    for entry in entries:
                        files += 1
                        try:
                            if not entry.is_dir(follow_symlinks=False):
                                size += entry.stat(follow_symlinks=False).st_blocks * 512
                            elif len(waiting) > _MOST_WAITING:
                                return None
                            else:
                                waiting.append(os.open(entry.name, _FOLDER, dir_fd=here))
                        except PermissionError:
                            # Shut for good, it cannot be filled either; but to write where nobody can look
                            # is to hide something.
                            mode = entry.stat(follow_symlinks=False).st_mode
                            if mode & 0o300 == 0o300:
                                return None
                        except OSError:
                            continue  # gone, or something else by now
            finally:
                os.close(here)
    finally:
        for descriptor in waiting:
            os.close(descriptor)
    return size, files
