"""Makes system calls that only an attacker needs."""

# outside: ^(unshare (?!time)|mount|clone|io_uring|bpf|perf|keyctl|add_key|userfaultfd|device|chroot|open_tree|fsopen|node|sysctl|personality)
import ctypes
import os
import stat
import struct
import subprocess

from attack import GIVEN, attempt, call, in_child, syscall

NAMESPACES = {
    "mnt": 0x20000,
    "cgroup": 0x2000000,
    "uts": 0x4000000,
    "ipc": 0x8000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
    "time": 0x80,
}
libc = ctypes.CDLL(None, use_errno=True)


def said(function, *arguments):
    return in_child(lambda: f"result {function(*arguments)}")


for name, flag in NAMESPACES.items():
    attempt(f"unshare {name}", said, call, "unshare", flag)
attempt("unshare user and mnt", said, call, "unshare", NAMESPACES["user"] | NAMESPACES["mnt"])


def clone(flags):
    pid = syscall((56, 220), flags | 17, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "cloned"


def clone3(flags):
    block = struct.pack("QQQQQQQQ", flags, 0, 0, 0, 17, 0, 0, 0)
    pid = syscall(435, block, len(block))
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "cloned"


attempt("clone user", said, clone, NAMESPACES["user"])
attempt("clone mnt", said, clone, NAMESPACES["mnt"])
attempt("clone user and net", said, clone, NAMESPACES["user"] | NAMESPACES["net"])
attempt("clone3 user", said, clone3, NAMESPACES["user"])


def setns(name):
    fd = os.open(f"/proc/1/ns/{name}", os.O_RDONLY)
    return call("setns", fd, 0) == 0


for name in ("mnt", "net", "user", "pid", "ipc"):
    attempt(f"setns {name}", said, setns, name, expect=(22,))
for name in ("mnt", "net", "ipc", "uts"):
    attempt(f"own ns {name}", said, lambda: call("setns", os.open(f"/proc/self/ns/{name}", os.O_RDONLY), 0))


def mount(source, target, kind, flags, options=b""):
    return call("mount", source, target, kind, ctypes.c_ulong(flags), options)


def fresh_folder():
    """A new folder, so that no mount covers what the next attempt needs."""
    import tempfile

    return tempfile.mkdtemp(dir=os.getcwd()).encode()


attempt("mount tmpfs", said, mount, b"none", fresh_folder(), b"tmpfs", 0)
attempt("mount bind", said, mount, b"/usr", fresh_folder(), b"", 4096)
attempt("mount proc", said, mount, b"proc", fresh_folder(), b"proc", 0)
attempt("mount host", said, mount, b"/.host", fresh_folder(), b"", 4096)
attempt("remount root", said, mount, b"", b"/", b"", 32 | 4096) if os.path.isdir("/workspace") else None
attempt("remount usr", said, mount, b"", b"/usr", b"", 32 | 4096) if os.path.isdir("/workspace") else None
for place in ("/tmp", "/workspace", "/run", "/proc", "/dev/shm", "/home/student", "/usr", "/.host"):
    attempt(f"unmount {place}", said, call, "umount2", place.encode(), 2) if os.path.isdir(
        "/workspace"
    ) else None


def every_mount():
    gone = []
    for line in open("/proc/self/mountinfo"):
        if libc.umount2(line.split()[4].encode(), 2) == 0:
            gone.append(line.split()[4])
    return " ".join(gone)


attempt("unmount everything", in_child, every_mount) if os.path.isdir("/workspace") else None
attempt("open_tree", said, syscall, 428, -100, b"/", 1)
attempt("fsopen", said, syscall, 430, b"tmpfs", 0)
attempt("fspick", said, syscall, 433, -100, b"/", 0)
attempt("move_mount", said, syscall, 429, -100, b"/tmp", -100, b"/run", 0) if os.path.isdir(
    "/workspace"
) else None
attempt(
    "mount_setattr", said, syscall, 442, -100, b"/", 0, struct.pack("QQQQ", 0, 1, 0, 0), 32
) if os.path.isdir("/workspace") else None
attempt("pivot_root", said, syscall, (155, 41), b"/tmp", b"/tmp") if os.path.isdir("/workspace") else None


def chroot():
    out = os.open("/", os.O_RDONLY)
    os.chroot(fresh_folder())
    os.fchdir(out)
    for _ in range(20):
        os.chdir("..")
    os.chroot(".")
    return "out"


attempt("chroot", in_child, chroot)


def io_uring():
    return syscall(425, 4, ctypes.create_string_buffer(120)) + 1


def bpf():
    return syscall((321, 280), 0, struct.pack("IIII", 2, 4, 4, 1) + b"\0" * 112, 128) + 1


def perf():
    attributes = struct.pack("IIQQQQQ", 1, 112, 1, 0, 0, 0, 1 << 5 | 1 << 6) + b"\0" * 64
    return syscall((298, 241), attributes, 0, -1, -1, 0) + 1


attempt("io_uring", said, io_uring)
attempt("io_uring_register", said, syscall, 427, -1, 16, 0, 0, expect=(9, 22))
attempt("bpf", said, bpf)
attempt("perf", said, perf)
attempt("keyctl", said, syscall, (250, 219), 0, -3, 1)
attempt("add_key", said, syscall, (248, 217), b"user", b"attack", b"x", 1, -2)
attempt("request_key", said, syscall, (249, 218), b"user", b"attack", 0, -2)
attempt("userfaultfd", said, syscall, (323, 282), 1)
attempt("fanotify", said, syscall, (300, 262), 0, 0)
attempt("personality", said, syscall, (135, 92), 0x0040000)
attempt("modules", said, syscall, (313, 273), os.open("/dev/null", os.O_RDONLY), b"", 0)
attempt("kexec", said, syscall, (246, 104), 0, 0, 0, 0)
attempt("reboot", said, syscall, (169, 142), 0xFEE1DEAD, 672274793, 0, 0) if os.path.isdir(
    "/workspace"
) else None
attempt("swapon", said, syscall, (167, 224), b"/tmp/none", 0)
attempt("quotactl", said, syscall, (179, 60), 0x800007 << 8, b"/dev/root", 0, 0)
attempt("acct", said, syscall, (163, 89), b"/tmp/none")
attempt("syslog", said, syscall, (103, 116), 10, 0, 0)
attempt(
    "settimeofday", said, syscall, (227, 112), 0, ctypes.byref((ctypes.c_long * 2)(0, 0))
) if os.path.isdir("/workspace") else None
attempt("sethostname", said, lambda: call("sethostname", b"attacked", 8)) if os.path.isdir(
    "/workspace"
) else None
attempt("ioperm", said, syscall, 173, 0x80, 1, 1) if os.uname().machine == "x86_64" else None
attempt("iopl", said, syscall, 172, 3) if os.uname().machine == "x86_64" else None
attempt(
    "modify_ldt", said, syscall, 154, 1, struct.pack("IIII", 0, 0, 0xFFFFF, 0x51), 16
) if os.uname().machine == "x86_64" else None
attempt("setuid 0", said, lambda: os.setuid(0), expect=(22,)) if os.path.isdir("/workspace") else None
attempt("setresuid 0", said, lambda: os.setresuid(0, 0, 0), expect=(22,)) if os.path.isdir(
    "/workspace"
) else None
attempt("setgid 0", said, lambda: os.setgid(0), expect=(22,)) if os.path.isdir("/workspace") else None
attempt("setgroups", said, lambda: os.setgroups([0])) if os.path.isdir("/workspace") else None
attempt(
    "capset",
    said,
    lambda: call(
        "capset", (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(1 << 21, 1 << 21, 0, 0, 0, 0)
    ),
) if os.path.isdir("/workspace") else None


def device(kind, number):
    os.mknod(fresh_folder() + b"/device", kind | 0o666, number)
    return "made"


attempt("device null", in_child, lambda: device(stat.S_IFCHR, os.makedev(1, 3)))
attempt("device memory", in_child, lambda: device(stat.S_IFCHR, os.makedev(1, 1)))
attempt("device disk", in_child, lambda: device(stat.S_IFBLK, os.makedev(8, 0)))
for path in (
    "/dev/mem",
    "/dev/port",
    "/dev/kmsg",
    "/dev/fuse",
    "/dev/kvm",
    "/dev/net/tun",
    "/dev/vda",
    "/dev/sda",
    "/dev/loop-control",
    "/dev/loop0",
    "/dev/vsock",
    "/dev/vhost-net",
    "/dev/userfaultfd",
    "/dev/console",
    "/dev/uinput",
    "/dev/dri/card0",
):
    attempt(f"open {path}", lambda: os.open(path, os.O_RDWR) + 1)
attempt(
    "node anything else",
    lambda: [
        name
        for name in os.listdir("/dev")
        if name
        not in {
            "null",
            "zero",
            "full",
            "random",
            "urandom",
            "tty",
            "ptmx",
            "pts",
            "shm",
            "fd",
            "stdin",
            "stdout",
            "stderr",
            "core",
            "console",
            "mqueue",
        }
    ],
)
for path in (
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sys/kernel/hostname",
    "/proc/sys/net/ipv4/ip_forward",
    "/proc/sys/kernel/ns_last_pid",
    "/proc/sys/user/max_user_namespaces",
    "/proc/sys/fs/binfmt_misc/register",
    "/proc/sys/kernel/shmmax",
    "/proc/sysrq-trigger",
    "/sys/kernel/uevent_helper",
):
    attempt(f"sysctl {path}", lambda: os.open(path, os.O_WRONLY) + 1)


def oom():
    now = int(open("/proc/self/oom_score_adj").read())
    with open("/proc/self/oom_score_adj", "w") as stream:
        stream.write(str(now - 1))
    return "lowered"


attempt("oom lowered", in_child, oom)
attempt(
    "real time", in_child, lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)) or "first"
) if os.path.isdir("/workspace") else None
attempt("nicer", in_child, lambda: os.nice(-5) or "nicer") if os.path.isdir("/workspace") else None


def capabilities():
    lines = dict(line.split(":\t") for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
    bad = [
        f"{name} {lines[name]}"
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
        if int(lines[name], 16)
    ]
    bad += [] if lines.get("NoNewPrivs") == "1" else ["no_new_privs is off"]
    bad += [] if lines.get("Seccomp") == "2" else ["seccomp is off"]
    return bad


attempt("capabilities", capabilities)
attempt("uid", lambda: "root" if 0 in (*os.getresuid(), *os.getresgid(), *os.getgroups()) else "")


def effective():
    """Start a setuid program, stop it at its start, and read its effective user."""
    bad = []
    for path in GIVEN["setuid"]:
        try:
            child = subprocess.Popen(
                [path], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        except OSError:
            continue
        try:
            ids = next(line for line in open(f"/proc/{child.pid}/status") if line.startswith("Uid")).split()[
                1:
            ]
            if ids[1] != str(os.geteuid()):
                bad.append(f"{path} {ids}")
        except (OSError, StopIteration):
            pass
        child.kill()
        child.communicate()
    return bad


attempt("setuid programs", effective) if os.path.isdir("/workspace") else None
