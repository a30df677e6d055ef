"""Talks to the host, its network, and the kernel's own families of sockets."""

# outside: ^(tcp 127|udp 127|path|packet|vsock|netlink (?!0)|sees|raw|names)
import os
import socket
import struct

from attack import GIVEN, attempt, syscall


def tcp(address, family=socket.AF_INET, protocol=0):
    with socket.socket(family, socket.SOCK_STREAM, protocol) as client:
        client.settimeout(2)
        client.connect((address, GIVEN["tcp"]))
        return client.recv(100)


def udp(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1)
        client.sendto(b"hello", (address, port))
        return client.recv(100)


def path(where, kind):
    with socket.socket(socket.AF_UNIX, kind) as client:
        client.settimeout(2)
        client.connect(where)
        return "connected"


def family(number, kind, protocol=0):
    with socket.socket(number, kind, protocol) as made:
        return f"family {made.family}"


def ask_routes(kind):
    """The interfaces, or addresses, that the kernel tells of."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as link:
        link.settimeout(2)
        link.send(struct.pack("=IHHIIBxHiII", 32, kind, 0x301, 1, 0, 0, 0, 0, 0, 0))
        data = link.recv(1 << 16)
    names = []
    while data:
        length, what = struct.unpack_from("=IH", data)
        if what in (2, 3):
            break
        body, at = data[:length], 32 if kind == 18 else 24
        while at + 4 <= length:
            size, attribute = struct.unpack_from("=HH", body, at)
            if attribute == 3:
                names.append(body[at + 4 : at + size].rstrip(b"\0").decode())
            at += (size + 3) & ~3 or 4
        data = data[(length + 3) & ~3 :]
    return [name for name in names if name != "lo"]


def make_interface():
    name = b"attack0\0"
    info = struct.pack("=HH", 10, 1) + b"dummy\0\0\0"
    body = struct.pack("=BxHiII", 0, 0, 0, 0, 0) + struct.pack("=HH", 4 + len(name), 3) + name
    body += struct.pack("=HH", 4 + len(info), 18) + info
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as link:
        link.settimeout(2)
        link.send(struct.pack("=IHHII", 16 + len(body), 16, 0x605, 1, 0) + body)
        answer = link.recv(4096)
    code = -struct.unpack_from("=i", answer, 16)[0]
    if code:
        raise OSError(code, os.strerror(code))
    return "made"


attempt("tcp 127.0.0.1", tcp, "127.0.0.1")
attempt("tcp ::1", tcp, "::1", socket.AF_INET6)
attempt("tcp mapped", tcp, "::ffff:127.0.0.1", socket.AF_INET6)
attempt("tcp any", tcp, "0.0.0.0")
attempt("mptcp", tcp, "127.0.0.1", socket.AF_INET, 262)
attempt("udp 127.0.0.1", udp, "127.0.0.1", GIVEN["udp"])
for address in GIVEN["addresses"]:
    attempt(f"interface {address}", tcp, address)
for address in () if not os.path.isdir("/workspace") else ("192.0.2.1", "169.254.169.254", "10.0.2.2"):
    attempt(f"away {address}", udp, address, 9)
for address in GIVEN["resolvers"] if os.path.isdir("/workspace") else ():
    attempt(f"resolver {address}", udp, address, 53)
attempt("names", lambda: [found for found in (socket.if_nameindex()) if found[1] != "lo"])
attempt("lookup", lambda: socket.gethostbyname("example.invalid")) if os.path.isdir("/workspace") else None
for name, where in GIVEN["sockets"].items():
    attempt(f"path of {name}", path, where, socket.SOCK_STREAM)
    attempt(f"hidden path of {name}", path, "/.host" + where, socket.SOCK_STREAM) if len(where) < 95 else None
for name in (
    "/run/docker.sock",
    "/var/run/docker.sock",
    "/run/dbus/system_bus_socket",
    "/run/systemd/private",
    "/dev/log",
):
    attempt(f"known socket {name}", path, name, socket.SOCK_STREAM)
for number in range(1, 23):
    attempt(f"netlink {number}", family, socket.AF_NETLINK, socket.SOCK_RAW, number)
attempt("sees interfaces", ask_routes, 18)
attempt("sees addresses", ask_routes, 22)
attempt("makes an interface", make_interface)
attempt("packet", family, socket.AF_PACKET, socket.SOCK_RAW, 0)
attempt("packet datagram", family, socket.AF_PACKET, socket.SOCK_DGRAM, 0)
attempt("raw", family, socket.AF_INET, socket.SOCK_RAW, 1)
attempt("vsock", family, 40, socket.SOCK_STREAM)
for number, name in {
    4: "ipx",
    5: "appletalk",
    9: "x25",
    15: "key",
    21: "rds",
    26: "llc",
    29: "can",
    30: "tipc",
    31: "bluetooth",
    33: "rxrpc",
    35: "phonet",
    38: "crypto",
    39: "nfc",
    41: "kcm",
    42: "qrtr",
    43: "smc",
    44: "xdp",
}.items():
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        attempt(f"family {name} {int(kind)}", family, number, kind, expect=(22,))
