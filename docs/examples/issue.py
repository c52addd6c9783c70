"""Makes one pass, as a delivery platform's server does, and prints it. See docs/issuing.md.

    python3 issue.py --seed HEX --kid N --site N --serial N --not-before UNIX --ttl10 N --flags N --rider N
    python3 issue.py credential --holder HEX ...

The first form prints the code of a bearer pass, the second the 118 bytes of a credential in
hexadecimal. The key is an argument here so that the worked examples can be tried; a server takes
it from where it is kept. Needs Python 3.8 or later and the package cryptography.
"""

import base64
import re
import struct
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

# ---- The pass: docs/protocol.md, sections 2 to 4 ----


def header(kind, kid, site, serial, not_before, ttl10, flags, rider):
    """The first 22 bytes of every pass, big-endian and without gaps."""
    return struct.pack(">BHIIIHBI", kind, kid, site, serial, not_before, ttl10, flags, rider)


def bearer_pass(seed, *fields):
    """The code of a bearer pass, 141 characters."""
    head = header(1, *fields)
    body = head + signed(b"gated:pass:v1\0", head, seed)
    return "G1:" + base64.b32encode(body).decode("ascii").rstrip("=")


def credential(seed, holder, *fields):
    """The 118 bytes from which the phone that has the holder's private key draws its codes."""
    body = header(2, *fields) + holder
    return body + signed(b"gated:cred:v1\0", body, seed)


def signed(domain, data, seed):
    """The Ed25519 signature over the domain and the bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(domain + data)


def good_key(key):
    """Whether gates take this public key: it is a point of the curve in its one encoding, and not
    one of the few for which anybody can sign (docs/protocol.md, section 5)."""
    p = 2**255 - 19
    d = -121665 * pow(121666, p - 2, p) % p
    y = int.from_bytes(key, "little") & (1 << 255) - 1
    yy = y * y % p
    small = y * (yy - 1) * (d * yy * yy + 2 * yy - 1) % p == 0
    on_curve = pow((yy - 1) * (d * yy + 1), (p - 1) // 2, p) == 1
    return y < p and not small and on_curve


# ---- The command line ----


class Asked(Exception):
    """The program was asked wrongly."""


NUMBERS = {
    "--kid": (1, 0xFFFF),
    "--site": (1, 0xFFFFFFFF),
    "--serial": (0, 0xFFFFFFFF),
    "--not-before": (0, 0xFFFFFFFF),
    "--ttl10": (1, 0xFFFF),
    "--flags": (0, 0xFF),
    "--rider": (0, 0xFFFFFFFF),
}


def read(args, is_credential):
    """Takes pairs of a name and a value. Each must be there once."""
    names = ["--seed", *NUMBERS, "--holder"]
    values = {}
    for i in range(0, len(args), 2):
        name = args[i]
        if not name.startswith("--"):
            raise Asked("each value stands after its name, like --kid 257")
        if name not in names:
            raise Asked(f"there is no {name}")
        if name == "--holder" and not is_credential:
            raise Asked("--holder is for a credential alone")
        if name in values:
            raise Asked(f"{name} stands there twice")
        if i + 1 == len(args):
            raise Asked(f"{name} has no value")
        values[name] = args[i + 1]
    for name in names:
        if name not in values and (name != "--holder" or is_credential):
            raise Asked(f"{name} is missing")
    return values


def number(values, name):
    """A decimal or, after 0x, a hexadecimal number."""
    least, most = NUMBERS[name]
    text = values[name]
    if re.fullmatch("[0-9]{1,10}", text):
        n = int(text)
    elif re.fullmatch("0x[0-9a-fA-F]{1,8}", text):
        n = int(text, 16)
    else:
        n = -1
    if not least <= n <= most:
        raise Asked(f"{name} must be a number from {least} to {most}")
    return n


def octets(values, name):
    """32 bytes. What stands there is not repeated in the error: it may be a key."""
    if not re.fullmatch("[0-9a-fA-F]{64}", values[name]):
        raise Asked(f"{name} must be 64 hexadecimal digits")
    return bytes.fromhex(values[name])


def issue(args):
    is_credential = args[:1] == ["credential"]
    values = read(args[1:] if is_credential else args, is_credential)
    seed = octets(values, "--seed")
    fields = [number(values, name) for name in NUMBERS]
    flags = fields[5]
    meaning = 0b00110011 if is_credential else 0b00000111
    if flags & ~meaning or flags & 3 == 3:
        raise Asked(f"--flags has bits that mean nothing in a {'credential' if is_credential else 'bearer pass'}")
    if not is_credential:
        return bearer_pass(seed, *fields)
    holder = octets(values, "--holder")
    if not good_key(holder):
        raise Asked("--holder is not a key that a gate would take")
    return credential(seed, holder, *fields).hex()


if __name__ == "__main__":
    try:
        print(issue(sys.argv[1:]))
    except Asked as err:
        print(f"issue: error: {err}", file=sys.stderr)
        sys.exit(2)
