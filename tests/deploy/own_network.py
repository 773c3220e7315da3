"""Gives a network namespace an address of its own, then becomes the command.

    unshare --map-root-user --net python3 own_network.py ADDRESS COMMAND...

What `ip link set lo up` and `ip address add` would do, on machines without iproute2.
"""

import fcntl
import os
import socket
import struct
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR = 0x8913, 0x8914, 0x8916
IFF_UP = 1


def main(address: str, *command: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sh22x", b"lo", 0))
        (flags,) = struct.unpack_from("h", request, 16)
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | IFF_UP))
        parts = (b"lo:1", socket.AF_INET, 0, socket.inet_aton(address))
        fcntl.ioctl(control, SIOCSIFADDR, struct.pack("16sHH4s16x", *parts))
    os.execvp(command[0], command)


main(*sys.argv[1:])
