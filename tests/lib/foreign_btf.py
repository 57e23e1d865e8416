# SPDX-License-Identifier: GPL-2.0-or-later
"""As another kernel's types would be: the running kernel's, but for one member that has moved.

usage: foreign_btf.py FILE STRUCT MEMBER BYTES > OTHER

The format is that of the kernel's Documentation/bpf/btf.rst.
"""
import struct
import sys

INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, FUNC_PROTO, \
    VAR, DATASEC, FLOAT, DECL_TAG, TYPE_TAG, ENUM64 = range(1, 20)

BYTES_BEHIND = {
    INT: lambda members: 4, ARRAY: lambda members: 12, STRUCT: lambda members: 12 * members,
    UNION: lambda members: 12 * members, ENUM: lambda members: 8 * members,
    FUNC_PROTO: lambda members: 8 * members, VAR: lambda members: 4,
    DATASEC: lambda members: 12 * members, DECL_TAG: lambda members: 4,
    ENUM64: lambda members: 12 * members,
}


def main():
    path, wanted_struct, wanted_member, moved = sys.argv[1:]
    with open(path, "rb") as file:
        data = bytearray(file.read())
    header, types, types_size, strings, _ = struct.unpack_from("<IIIII", data, 4)
    at, end = header + types, header + types + types_size

    def name(offset):
        begin = header + strings + offset
        return data[begin:data.index(0, begin)].decode()

    done = 0
    while at < end:
        its_name, info, _ = struct.unpack_from("<III", data, at)
        kind, members, bit_fields = info >> 24 & 31, info & 0xffff, info >> 31
        at += 12
        if kind == STRUCT and name(its_name) == wanted_struct:
            for member in range(at, at + 12 * members, 12):
                member_name, _, offset = struct.unpack_from("<III", data, member)
                if name(member_name) == wanted_member:
                    offset = (offset & ~0xffffff if bit_fields else 0) | \
                        (offset & 0xffffff if bit_fields else offset) + 8 * int(moved)
                    struct.pack_into("<I", data, member + 8, offset)
                    done += 1
        at += BYTES_BEHIND.get(kind, lambda members: 0)(members)
    if done != 1:
        sys.exit(f"{wanted_struct}.{wanted_member}: found {done} times")
    sys.stdout.buffer.write(data)


main()
