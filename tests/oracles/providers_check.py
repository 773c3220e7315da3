"""Do the libraries of the providers agree with us about mail, SMS, calls and signed webhooks?

Signatures: PyPI twilio computes them on a thousand random forms, PyPI standardwebhooks verifies ours.
Requests: the forms are read by Python's own parser and compared with what twilio's client would
send; the calls to SES and SNS are checked against the service models in PyPI botocore.
Mail: Python's email package reads names, subjects and one-click headers from a message made of them.
TwiML: Python's XML parser reads it, and twilio's own builder writes the same tree.

    cargo run -q -p channels --example dump > dump.json
    python tests/oracles/providers_check.py dump.json
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import sys
import xml.etree.ElementTree as ElementTree
from email import policy
from email.header import decode_header, make_header
from email.parser import Parser
from urllib.parse import parse_qs, parse_qsl

import botocore.session
from botocore.validate import ParamValidator
from standardwebhooks.webhooks import Webhook
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.voice_response import Dial, VoiceResponse

failures: list[str] = []


class Form(dict):
    """A form in which a name may stand more than once, as web frameworks have it."""

    def __init__(self, fields):
        super().__init__(fields)
        self.fields = fields

    def getlist(self, wanted):
        return [value for name, value in self.fields if name == wanted]


def same(what: str, ours, theirs) -> None:
    if ours != theirs:
        failures.append(f"{what}:\n    ours   {ours!r}\n    theirs {theirs!r}")


def signatures(cases: list[dict]) -> None:
    for number, case in enumerate(cases):
        params = Form(case["fields"])
        validator = RequestValidator(case["secret"])
        same(f"signature {number}", case["sha1"], validator.compute_signature(case["url"], params))
        if not validator.validate(case["url"], params, case["sha1"]):
            failures.append(f"signature {number} is refused")
        # The newer way is the same text under another digest; the library has no function for it.
        text = case["url"] + "".join(name + value for name, value in sorted(set(map(tuple, case["fields"]))))
        digest = hmac.new(case["secret"].encode(), text.encode(), hashlib.sha256).digest()
        same(f"signature {number} by SHA-256", case["sha256"], base64.b64encode(digest).decode())
    print(f"signatures: {len(cases)} forms")


class Wire:
    """Keeps what twilio's client would send."""

    def __init__(self):
        self.sent = []

    def request(self, method, url, params=None, data=None, headers=None, auth=None, **_):
        self.sent.append((method, url, data))
        raise InterruptedError


def requests(cases: list[dict]) -> None:
    sid = "AC00000000000000000000000000000001"
    wire = Wire()
    client = Client(sid, "geheim", http_client=wire)
    ours_to = {"to": "+4915112345612", "from_": "+493012345678", "status_callback": "https://hooks.example/status"}
    for case in cases:
        try:
            if case["kind"] == "sms":
                client.messages.create(body=case["text"], validity_period=3600, smart_encoded=True, **ours_to)
            else:
                client.calls.create(
                    twiml=case["text"], timeout=30, machine_detection="DetectMessageEnd",
                    status_callback_method="POST", status_callback_event=["answered", "completed"], **ours_to)
        except InterruptedError:
            pass
        method, url, data = wire.sent.pop()
        same(f"{case['kind']} address", case["url"].split("/", 3)[3], url.split("/", 3)[3])
        def wire_form(value):
            listed = value if isinstance(value, list) else [value]
            return [str(one).lower() if isinstance(one, bool) else str(one) for one in listed]
        theirs = {name: wire_form(value) for name, value in data.items() if value is not None}
        same(f"{case['kind']} form", parse_qs(case["body"], strict_parsing=True, keep_blank_values=True), theirs)
    print(f"twilio requests: {len(cases)}")


def tree(xml: str):
    def of(node):
        return node.tag, dict(node.attrib), node.text or "", [of(child) for child in node]
    return of(ElementTree.fromstring(xml.encode()))


def twiml(cases: dict) -> None:
    same("nothing", tree(cases["nothing"]), tree(str(VoiceResponse())))
    response = VoiceResponse()
    response.play("https://example.org/a.mp3?x=1&y=2")
    same("play", tree(cases["play"]), tree(str(response)))
    response = VoiceResponse()
    dial = Dial(answer_on_bridge=True, timeout=20, action="https://hooks.example/after?a=1&b=2", method="POST")
    dial.number("+4915112345612")
    response.append(dial)
    same("forward", tree(cases["forward"]), tree(str(response)))
    for case in cases["spoken"]:
        spoken = tree(case["speak"])[3][0]
        same("prosody", spoken[3][0], ("prosody", {"rate": "90%", "volume": "loud"}, case["text"], []))
        same("say", spoken[1], {"language": "de-DE", "loop": "2", "voice": "Polly.Vicki"})
        mailbox = tree(case["voicemail"])
        same("voicemail", [part[0] for part in mailbox[3]], ["Say", "Record", "Say", "Hangup"])
        same("greeting", mailbox[3][0][2], case["text"])
        same("record", mailbox[3][1][1]["action"], "https://hooks.example/done?a=1&b=2")
    print(f"TwiML: {3 + 2 * len(cases['spoken'])} documents")


def webhooks(cases: list[dict]) -> None:
    class Now(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(1_795_255_200, tz)

    import standardwebhooks.webhooks as library
    library.datetime = Now
    for case in cases:
        for secret in case["secrets"]:
            try:
                Webhook(secret).verify(case["body"], dict(case["headers"]))
            except Exception as error:
                failures.append(f"webhook: refused: {error!r}")
    print(f"webhooks: {len(cases)}, each with two secrets")


def words(cases: list[dict]) -> None:
    for case in cases:
        if case["encoded"].isascii() and case["encoded"] != case["text"]:
            same("encoded words", str(make_header(decode_header(case["encoded"]))), case["text"])
            longest = max(map(len, case["encoded"].split(" ")))
            if longest > 75:
                failures.append(f"an encoded word has {longest} characters")
    print(f"encoded words: {len(cases)}")


def mails(cases: list[dict], session) -> None:
    shape = session.get_service_model("sesv2").operation_model("SendEmail").input_shape
    for case in cases:
        call = case["call"]
        for file in call["Content"]["Simple"]["Attachments"]:
            file["RawContent"] = base64.b64decode(file["RawContent"])
        report = ParamValidator().validate(call, shape)
        if report.has_errors():
            failures.append(f"SendEmail: {report.generate_report()}")
        simple = call["Content"]["Simple"]
        lines = [f"From: {call['FromEmailAddress']}", f"Reply-To: {call['ReplyToAddresses'][0]}"]
        lines += [f"{header['Name']}: {header['Value']}" for header in simple["Headers"]]
        message = Parser(policy=policy.default).parsestr("\r\n".join(lines) + "\r\n\r\n")
        if message.defects:
            failures.append(f"mail: {message.defects}")
        [sender] = message["From"].addresses
        same("sender", (case["name"], "salon@example.org"), (sender.display_name, sender.addr_spec))
        [answer] = message["Reply-To"].addresses
        same("reply to", ('Team "Mitte", GmbH', "team@example.org"), (answer.display_name, answer.addr_spec))
        same("one click", message["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        same("its body", parse_qsl(message["List-Unsubscribe-Post"]), [("List-Unsubscribe", "One-Click")])
        links = [part.strip().strip("<>") for part in message["List-Unsubscribe"].split(",")]
        same("ways out", links, ["https://links.example.org/u/7hq2?a=1&b=2",
                                 "mailto:abmelden@example.org?subject=unsubscribe"])
        same("thread", (message["In-Reply-To"], message["References"]),
             ("<c@mail.example>", "<a@mail.example> <c@mail.example>"))
        same("robots", (message["Auto-Submitted"], message["Precedence"]), ("auto-generated", "bulk"))
    print(f"mails: {len(cases)}")


def published(cases: list[dict], session) -> None:
    shape = session.get_service_model("sns").operation_model("Publish").input_shape
    for call in cases:
        report = ParamValidator().validate(call, shape)
        if report.has_errors():
            failures.append(f"Publish: {report.generate_report()}")
    print(f"publish: {len(cases)}")


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as file:
        dump = json.load(file)["providers"]
    session = botocore.session.get_session()
    signatures(dump["twilio_signatures"])
    requests(dump["twilio_requests"])
    twiml(dump["twiml"])
    webhooks(dump["webhooks"])
    words(dump["encoded_words"])
    mails(dump["mails"], session)
    published(dump["publish"], session)
    for failure in failures[:20]:
        print("DIFFERS", failure)
    print("the providers' libraries agree" if not failures else f"{len(failures)} differences")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
