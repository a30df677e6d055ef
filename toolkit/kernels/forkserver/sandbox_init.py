"""The init process of a sandbox: reaps processes, enforces limits on the whole tree, reports the end.

It has the same restrictions as the student's processes, which can neither trace nor kill it: the first
process of a PID namespace is immune to signals from inside, and it is not dumpable. When it ends, the system
kills every other process of the namespace.

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

from toolkit.kernels.forkserver.sandbox_setup import ERROR_RESERVE_BYTES

__all__ = ["BLOCKED_SIGNALS", "WatchedLimits", "supervise_child"]

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
BLOCKED_SIGNALS = _FORWARDED | {signal.SIGCHLD}
_MIN_INTERVAL_S, _MAX_INTERVAL_S = 0.05, 1.0
_OPEN_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MAX_OPEN_FOLDERS = 2000
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class WatchedLimits:
    """Limits of the process tree; 0 for no limit.

    Parameters
    ----------
    memory : int
        Memory, bytes.
    cpu : float
        CPU time, s.
    folder : str
        Writable folder on the host's disk; empty if all files are on the private tmpfs, which has a limit.
    disk : int
        Maximum growth of the folder, bytes.
    files : int
        Maximum growth of the folder, number of files.
    """

    memory: int
    cpu: float
    folder: str
    disk: int
    files: int


def supervise_child(child: int, report: int, watched: WatchedLimits) -> NoReturn:
    """Wait for the end of ``child``, then kill all other processes and write the reason to ``report``.

    The report is ``E KIND VALUE``: "exit" and the code, "signal" and its number, or an exceeded limit:
    "memory", "cpu", "disk".

    Parameters
    ----------
    child : int
        Process id of the kernel.
    report : int
        File descriptor of the pipe to the fork server.
    watched : WatchedLimits
        Limits of the process tree.
    """
    watch = _Watch(watched)
    interval = _MIN_INTERVAL_S
    while True:
        caught = signal.sigtimedwait(BLOCKED_SIGNALS, interval)
        if caught is not None and caught.si_signo in _FORWARDED:
            with suppress(ProcessLookupError):
                os.killpg(child, caught.si_signo)
        status = _reap(child)
        if status is not None:
            break
        passed, busy = watch.look()
        if passed:
            _end(report, passed, 0)
        interval = _MIN_INTERVAL_S if busy else min(_MAX_INTERVAL_S, interval * 1.5)
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
    def __init__(self, limits: WatchedLimits) -> None:
        self.limits = limits
        self.cpu = 0.0
        # CPU time by process: that of a process nobody waited for is not added to its parent's.
        self.used: dict[int, float] = {}
        self.gone = 0.0
        self.not_before = 0.0
        # Number of successive measurements with unreadable data, in total and by process.
        self.hidden = 0
        self.hiding: dict[int, int] = {}
        self.start = (_usage_of(limits.folder) if limits.folder else None) or (0, 0)
        # Pages shared with the fork server count for every process forked from it. The reserve lets a single
        # process get a MemoryError, and report it, before this limit ends the kernel.
        self.shared = _resident_bytes(os.getpid())
        self.most = limits.memory + self.shared + ERROR_RESERVE_BYTES

    def look(self) -> tuple[str, bool]:
        """Return the exceeded limit, empty if none, and whether the tree used CPU since the last call."""
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]
        cpu = self._cpu(pids)
        busy = cpu - self.cpu > 0.01
        self.cpu = max(self.cpu, cpu)
        if self.limits.cpu and cpu > self.limits.cpu:
            return "cpu", busy
        if self.limits.memory and self._too_much_memory(pids):
            return "memory", busy
        # Disk usage can grow without CPU time, so it is measured for an idle tree too.
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
        # The fast measure counts shared pages several times; the slow one is read only if it is too high.
        if sum(_resident_bytes(pid) for pid in pids) <= self.most:
            return False
        return sum(_proportional_bytes(pid) for pid in pids) > self.most

    def _too_many_files(self, pids: list[int]) -> bool:
        began = time.monotonic()
        usage = _usage_of(self.limits.folder)
        nameless, hiding = _unlinked_bytes(pids)
        now = time.monotonic()
        # Limits the measurement to a twentieth of the time.
        self.not_before = now + max(0.2, 20 * (now - began))
        # A process is unreadable for a moment while it executes a new program, and some programs always are.
        # One process may be unreadable in two successive measurements, different ones in ten.
        self.hiding = {pid: self.hiding.get(pid, 0) + 1 for pid in hiding}
        self.hidden = self.hidden + 1 if usage is None or hiding else 0
        if usage is None or hiding:
            return self.hidden > (2 if usage is None else 10) or max(self.hiding.values(), default=0) > 2
        size, files = usage
        return size + nameless - self.start[0] > self.limits.disk or files - self.start[1] > self.limits.files


def _read(path: str) -> bytes:
    # Plain system calls are fastest; this runs several times a second.
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(fd, 8192)
    finally:
        os.close(fd)


def _cpu_seconds(pid: int) -> tuple[float, float]:
    """Return the CPU time of a process, and of the children it waited for, s."""
    with suppress(OSError, IndexError, ValueError):
        # The process name, in parentheses, may contain any characters.
        fields = _read(f"/proc/{pid}/stat").rsplit(b")", 1)[1].split()
        own, waited_for = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
        return own / _TICKS_PER_S, waited_for / _TICKS_PER_S
    return 0.0, 0.0


def _resident_bytes(pid: int) -> int:
    with suppress(OSError, IndexError, ValueError):
        return sum(
            int(line.split()[1]) * 1024
            for line in _read(f"/proc/{pid}/status").splitlines()
            if line.startswith((b"RssAnon:", b"RssShmem:"))
        )
    return 0


def _proportional_bytes(pid: int) -> int:
    try:
        for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    except (OSError, IndexError, ValueError):
        pass
    # An unreadable process: its shared memory is counted in full.
    return _resident_bytes(pid)


def _unlinked_bytes(pids: list[int]) -> tuple[int, list[int]]:
    """Return the size of open unlinked files (bytes), and the processes whose files are unreadable."""
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
    """Return the size (bytes) and number of the files below a folder; None if it is unreadable."""
    size = files = 0
    # By descriptors, because the length of a path is limited. Depth first.
    waiting = [os.open(folder, _OPEN_FOLDER_FLAGS)]
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
                            elif len(waiting) > _MAX_OPEN_FOLDERS:
                                return None
                            else:
                                waiting.append(os.open(entry.name, _OPEN_FOLDER_FLAGS, dir_fd=here))
                        except PermissionError:
                            # A folder without write permission cannot grow; one that is writable but not
                            # readable hides its contents.
                            mode = entry.stat(follow_symlinks=False).st_mode
                            if mode & 0o300 == 0o300:
                                return None
                        except OSError:
                            continue  # removed or replaced in the meantime
            finally:
                os.close(here)
    finally:
        for descriptor in waiting:
            os.close(descriptor)
    return size, files
