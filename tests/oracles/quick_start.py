"""Does README's quick start work, word for word?

The fenced commands of README's section "Quick start" are run as they stand: the one that starts
the binary, and the `sh` ones in one bash session. What they print must be what the text promises.

    python tests/oracles/quick_start.py [README.md]

The only thing that is ever replaced is the port, when another program has it. The data goes to a
folder that is thrown away. Exit status 0 when all of it is so.
"""

from __future__ import annotations

import datetime
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

from local_binary import ROOT, Failed, Process, built, check, free_port, main

ADDRESS = "127.0.0.1:8787"


def fences(readme: str) -> tuple[str, str]:
    """The command that starts the binary, and what is run beside it."""
    section = re.search(r"^## Quick start\n(.*?)(?=^## |\Z)", readme, re.M | re.S)
    if not section:
        raise Failed("README has no section `Quick start`")
    found = re.findall(r"^```(\w*)\n(.*?)^```", section[1], re.M | re.S)
    starts = [text.strip() for kind, text in found if kind != "sh" and "cargo run" in text]
    steps = [text for kind, text in found if kind == "sh"]
    check("the quick start has one command that starts the binary, and commands to run beside it", len(starts) == 1 and bool(steps), found)
    return starts[0], "\n".join(steps)


def taken(address: str) -> bool:
    host, port = address.split(":")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError:
            return True
        return False


def documents(text: str) -> list[dict]:
    """The JSON documents that stand one behind the other."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        try:
            document, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            raise Failed(f"the commands printed something that is not JSON: {text[at:at + 300]}") from None
        found.append(document)
    return found


def only(what: str, found: list[dict]) -> dict:
    check(f"the commands printed {what}", len(found) == 1, found)
    return found[0]


def promised(steps: str, printed: list[dict]) -> None:
    """What the text says about the outputs."""
    problems = [document for document in printed if "code" in document and "detail" in document]
    check("no command was answered with a problem", problems == [], problems)

    rule = only("the rule that was made", [document for document in printed if "trigger" in document])
    text = rule["message"]["text"]
    check("as the README gives it", json.dumps(text, ensure_ascii=False) in steps, text)
    minutes = rule["delay"]["minutes"]
    expected = text.replace("##{{first_name}}", "Anna")

    outbox = only("the outbox", [d for d in printed if "messages" in d and "meta" not in d])["messages"]
    texts = [sent["body"]["text"] for sent in outbox]
    check("which shows the answer and then the follow-up, once each", len(texts) == 2 and texts[1] == expected, texts)
    answered, followed = (datetime.datetime.fromisoformat(sent["at"]) for sent in outbox)
    late = (followed - answered).total_seconds() / 60 - minutes
    check(f"the follow-up {minutes // 60} hours after the answer", 0 <= late < 1, (answered, followed))

    why = only("the reasons", [document for document in printed if "receipts" in document])
    entries = [entry for receipt in why["receipts"] for entry in receipt["entries"]]
    told = [entry for entry in entries if entry["rule_name"] == rule["name"]]
    check("with decisions on this rule, in words and with the gates they passed", any(e["explanation"] and e["gates"] for e in told), why)
    for receipt in reversed(why["receipts"]):
        for entry in receipt["entries"]:
            print(f"        {receipt['at'][:16]}  {entry['explanation']}")


def work() -> None:
    built()
    readme = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "README.md").read_text()
    start, steps = fences(readme)
    check(f"it talks to {ADDRESS}", ADDRESS in steps, steps)
    address = ADDRESS
    if taken(ADDRESS):
        address = f"127.0.0.1:{free_port()}"
        print(f"  --  another program has {ADDRESS}; {address} takes its place")
    with tempfile.TemporaryDirectory() as folder:
        environment = {"NACHFASS_DATA": os.path.join(folder, ".nachfass")}
        if address != ADDRESS:
            environment["NACHFASS_ADDR"] = address
        with Process(["bash", "-c", start.replace("cargo run", "exec cargo run")], f"http://{address}/health", **environment) as binary:
            check(f"`{start}` runs", True)
            began = time.monotonic()
            session = ["bash", "-euo", "pipefail", "-c", steps.replace(ADDRESS, address)]
            done = subprocess.run(session, cwd=folder, capture_output=True, text=True, timeout=300)
            check(f"every command ends well ({time.monotonic() - began:.1f} s)", done.returncode == 0, done.stderr + done.stdout)
            promised(steps, documents(done.stdout))
            check("the binary still runs", binary.program.poll() is None, binary.said())
    began = time.monotonic()
    story = subprocess.run(["cargo", "run", "--quiet", "--", "demo"], cwd=ROOT, capture_output=True, text=True)
    took = time.monotonic() - began
    check(f"`cargo run -- demo` tells both examples in under 10 s ({took:.1f} s)", story.returncode == 0 and "-> sent" in story.stdout and took < 10, story.stdout + story.stderr)


if __name__ == "__main__":
    main(work)
