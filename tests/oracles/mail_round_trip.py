"""E-mail, with an SES that we did not write on the other end.

Staff write to a customer who has never written; the mail arrives at npm's aws-ses-v2-local, becomes MIME there,
and is read as a mail program reads it. Then SES reports what became of it.

    npm ci --prefix tests/oracles
    python tests/oracles/mail_round_trip.py

Everything runs on this machine. Exit status 0 when all of it is so.
"""

from __future__ import annotations

import base64
import email
import email.policy
import html.parser
import json
import urllib.parse

from local_binary import KEY, ROOT, Failed, Nachfass, Process, check, free_port, main, request, until

SENDER = "hallo@salon.example"
CUSTOMER = "anna@example.org"
SUBJECT = "Grüße aus dem Salon & ein <Termin>"
TEXT = "Hallo Anna,\n\npasst dir Dienstag um 10:00? Hier buchen: https://salon.example/buchen?tag=2&zeit=10.\n\n<script>nichts</script>"


class Ses(Process):
    """The test server: takes SendEmail, keeps it, makes MIME of it."""

    def __init__(self) -> None:
        port = str(free_port())
        self.url = f"http://127.0.0.1:{port}"
        command = ["node", "node_modules/aws-ses-v2-local/dist/cli.js", "--host", "127.0.0.1", "--port", port]
        super().__init__(command, f"{self.url}/store", ROOT / "tests/oracles")

    def kept(self) -> list[dict]:
        return request(f"{self.url}/store")[1]["emails"]

    def mime(self, message: str) -> email.message.EmailMessage:
        query = urllib.parse.urlencode({"messageId": message})
        status, answer = request(f"{self.url}/get-emlContent?{query}")
        if status != 200:
            raise Failed(f"no MIME: {answer}")
        body = answer["body"]
        raw = bytes(body["data"]) if isinstance(body, dict) else base64.b64decode(body)
        return email.message_from_bytes(raw, policy=email.policy.default)


class Links(html.parser.HTMLParser):
    """What can be clicked, and what is a script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.add(tag)
        if tag == "a":
            self.targets.append(dict(attrs).get("href"))


def report(kind: str, part: str, mail: dict, tags: dict, **told: object) -> dict:
    """What SES tells its topic, in the topic's envelope."""
    mail = {"messageId": mail["messageId"], "destination": [CUSTOMER], "tags": tags, "timestamp": "2026-11-02T09:00:00Z"}
    event = {"eventType": kind, "mail": mail, part: told}
    return {"Type": "Notification", "MessageId": f"sns-{kind}", "Message": json.dumps(event)}


def work() -> None:
    with Ses() as ses, Nachfass(SES_BASE_URL=ses.url) as nachfass:
        layout = {"address": ["Hauptstraße 1", "10115 Berlin"]}
        nachfass.ask("PATCH", "/v1/mail-layout", layout)
        connection = nachfass.ask(
            "POST",
            "/v1/connections",
            {"channel": "email", "name": "Post", "sender": SENDER, "mail": {"from_name": "Salön Mitte", "reply_to": "antwort@salon.example"}},
        )
        customer = nachfass.ask(
            "POST", "/v1/customers", {"name": {"first": "Anna"}, "emails": [{"value": CUSTOMER, "kind": "private"}]}
        )
        wrote = nachfass.ask(
            "POST", f"/v1/customers/{customer['id']}/messages", {"medium": "email", "subject": SUBJECT, "text": TEXT}
        )
        kept = until("the mail arriving", ses.kept)
        check("one mail arrives", len(kept) == 1, kept)
        mail = kept[0]
        mime = ses.mime(mail["messageId"])

        check("its sender has the name that the connection says", mime["From"].addresses[0].display_name == "Salön Mitte", mime["From"])
        check("and the address", mime["From"].addresses[0].addr_spec == SENDER, mime["From"])
        check("it goes to one person", [one.addr_spec for one in mime["To"].addresses] == [CUSTOMER], mime["To"])
        check("answers go where the connection says", mime["Reply-To"].addresses[0].addr_spec == "antwort@salon.example", mime["Reply-To"])
        check("the subject is the one that was written", mime["Subject"] == SUBJECT, mime["Subject"])
        check("a person wrote it, so no program is told not to answer", mime["Auto-Submitted"] is None, mime["Auto-Submitted"])

        text = mime.get_body(("plain",)).get_content().replace("\r\n", "\n")
        shown = mime.get_body(("html",)).get_content()
        check("the text part begins with what was written", text.startswith(TEXT), text)
        check("and has the business's address under it", "Hauptstraße 1\n10115 Berlin" in text, text)
        found = Links(shown)
        check("in the HTML part the address can be clicked", "https://salon.example/buchen?tag=2&zeit=10" in found.targets, found.targets)
        check("and what was typed is no markup", "script" not in found.tags and "&lt;script&gt;" in shown, shown)

        path = f"/v1/conversations/{wrote['conversation']}/messages"
        status = lambda: nachfass.ask("GET", path)["messages"][0]["status"]
        check("it is recorded as accepted", status() == "accepted", status())
        request_made = nachfass.ask("GET", "/local/outbox")["messages"][-1]
        tags = {tag["Name"]: [tag["Value"]] for tag in request_made["body"]["EmailTags"]}
        nachfass.ask("POST", "/local/ses", report("Delivery", "delivery", mail, tags, recipients=[CUSTOMER]))
        check("SES's report raises its status", status() == "delivered", status())

        bounce = {"bounceType": "Permanent", "bounceSubType": "NoEmail", "bouncedRecipients": [{"emailAddress": CUSTOMER}], "feedbackId": "f1"}
        nachfass.ask("POST", "/local/ses", report("Bounce", "bounce", mail, tags, **bounce))
        answer, problem = request(
            f"{nachfass.url}/v1/customers/{customer['id']}/messages",
            "POST",
            {"medium": "email", "subject": "Noch etwas", "text": "Hallo?"},
            Authorization=f"Bearer {KEY}",
        )
        check("to an address that bounced nothing more is written", answer == 409, problem)
        check("and nothing more has arrived", len(ses.kept()) == 1, ses.kept())
        check("no error in the log", nachfass.failures() == [], nachfass.failures())
        check("no address in the log", CUSTOMER not in nachfass.said(), nachfass.said())
        _ = connection


if __name__ == "__main__":
    main(work)
