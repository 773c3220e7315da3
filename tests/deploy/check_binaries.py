"""The built functions start on Lambda: right processor, and no newer C library than it has.

Amazon Linux 2023 on Lambda has glibc 2.34; a binary that asks for more does not start.
"""

import pathlib
import re
import sys

NEWEST_GLIBC = (2, 34)
LARGEST_MIB = 60
ELF64_X86_64 = 62

build = pathlib.Path(sys.argv[1])
binaries = sorted(build.glob("*/bootstrap"))
problems = []
for binary in binaries:
    content = binary.read_bytes()
    versions = {tuple(map(int, v.split(b"."))) for v in re.findall(rb"GLIBC_(\d+\.\d+)", content)}
    newest = max(versions, default=(0, 0))
    mib = len(content) / 2**20
    print(f"{binary.parent.name:20} {mib:5.1f} MiB, needs glibc {newest[0]}.{newest[1]}")
    if content[:4] != b"\x7fELF" or int.from_bytes(content[18:20], "little") != ELF64_X86_64:
        problems.append(f"{binary}: not an x86_64 program")
    if newest > NEWEST_GLIBC:
        problems.append(f"{binary}: needs glibc {newest}, Lambda has {NEWEST_GLIBC}")
    if mib > LARGEST_MIB:
        problems.append(f"{binary}: larger than {LARGEST_MIB} MiB")
expected = (build / "template.yaml").read_text().count("Type: AWS::Serverless::Function")
if not binaries or len(binaries) != expected:
    problems.append(f"the template has {expected} functions, {build} {len(binaries)}")
for problem in problems:
    print(problem, file=sys.stderr)
sys.exit(bool(problems))
