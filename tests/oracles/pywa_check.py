"""Does an independent WhatsApp library read and write what we read and write?

Inbound: every WhatsApp fixture is split into single updates, each is given to pywa's own
dispatcher and classes, and what both sides understood is compared. Outbound: pywa sends the
same messages as our samples through a stubbed HTTP session, and the bodies are compared.

    cargo run -q -p channels --example dump > dump.json
    python tests/oracles/pywa_check.py dump.json

Exit status 0 when nothing differs. What pywa does not read is counted and listed with its
reason; an unexpected gap fails too.
"""

from __future__ import annotations

import copy
import datetime
import json
import sys

import httpx
from pywa import WhatsApp, utils
from pywa.types import RawUpdate
from pywa.types.templates import (
    BodyText,
    CopyCodeButton,
    HeaderImage,
    HeaderText,
    QuickReplyButton,
    TemplateLanguage,
    URLButton,
)

# Lists inside a change's value that hold one update per element.
LISTS = ["messages", "statuses", "message_echoes", "calls", "user_preferences", "user_id_update", "errors"]

# What pywa 4.5.0 cannot read, and why that is no fault of the fixture.
GAPS = {
    "text_phone_only": "pywa insists on contacts[].user_id, which older payloads lack",
    "malformed_neighbours": "broken on purpose",
    "status_failed_window": "pywa insists on contacts, which failed reports lack",
    "status_failed_opted_out": "pywa insists on contacts, which failed reports lack",
    "status_group": "pywa reads reports of groups from another shape",
    "status_new": "a status that does not exist",
    "two_entries": "its second half is a report without contacts",
    "echo_number_only": "pywa insists on contacts[].user_id, which older payloads lack",
    "errors": "pywa has no update for errors of the account",
    "user_id_update": "pywa has no update for this field",
    "phone_quality": "pywa has no update for this field",
    "account_alerts": "pywa has no update for this field",
    "business_capability": "pywa has no update for this field",
    "new_field": "a field that does not exist",
    "system_other": "pywa wants the old identity object",
    "template_quality_mislabelled": "pywa trusts the field's name",
}

# pywa takes broken elements at face value, and an opened chat for a message.
NOT_COMPARED = {"malformed_neighbours", "new_type", "request_welcome"}


def singles(payload: dict):
    """The payload once per update, in the order in which events come out."""
    for entry in payload["entry"]:
        for change in entry.get("changes", []):
            lists = [key for key in LISTS if isinstance(change["value"].get(key), list)]
            shell = {"object": payload["object"], "entry": [{**entry, "changes": [change]}]}
            if not lists:
                yield shell
            for key in lists:
                for element in change["value"][key]:
                    single = copy.deepcopy(shell)
                    single["entry"][0]["changes"][0]["value"][key] = [element]
                    yield single


def pywa_form(wa: WhatsApp, payload: dict):
    """What pywa makes of one update, or the name of what went wrong."""
    update = RawUpdate(json.dumps(payload).encode(), hmac_header=None, update_hash="")
    try:
        handler = wa._get_handler_type(update)
        if handler is None:
            return None, "no handler"
        return wa._handlers_to_updates[handler].from_update(client=wa, update=update), None
    except Exception as error:  # whatever it is, it is a gap
        return None, f"{type(error).__name__}: {error}"


def ours(event: dict) -> dict:
    """The comparable part of our event."""
    kind = event["kind"]
    content = kind.get("content") or {}
    facts = {
        "users": {event.get("user"), *event.get("aliases", [])} - {None},
        "at": event["at"].replace("Z", "+00:00"),
        "name": event.get("profile", {}).get("display_name"),
        "username": event.get("profile", {}).get("username"),
    }
    match kind["type"]:
        case "message" | "echo":
            facts |= {
                "id": kind["id"],
                "text": content.get("text") if content["type"] in ("text", "order") else None,
                "caption": content.get("caption"),
                "media": content.get("id") if content["type"] == "media" else None,
                "filename": content.get("filename"),
                "mime": content.get("mime"),
                "forwarded": kind.get("forwarded", False),
                "reply_to": kind.get("reply_to"),
                "place": (content.get("latitude"), content.get("longitude")),
                "cards": [card["phones"] for card in content.get("contacts", [])],
                "products": [item["product"] for item in content.get("items", [])],
                "tap": (content.get("id"), content.get("title")) if content["type"] == "reply" else None,
                "form": without_token(content.get("answers")),
                "ad": (kind.get("referral") or {}).get("source_id") if (kind.get("referral") or {}).get("source") == "ad" else None,
                "hidden": content.get("kind") if content["type"] == "unsupported" else None,
            }
        case "call":
            facts |= {"by_customer": kind["by_customer"]}
        case "reaction":
            facts |= {"target": kind["target"], "emoji": kind.get("emoji")}
        case "edited":
            facts |= {"target": kind["target"], "text": content.get("text")}
        case "revoked":
            facts |= {"target": kind["target"]}
        case "status":
            facts |= {
                "id": kind["id"],
                "status": kind["status"],
                "correlation": kind.get("correlation"),
                "pricing": (kind.get("pricing") or {}).get("category"),
                "free_until": (kind.get("free_until") or "").replace("Z", "+00:00") or None,
            }
        case "user_id_changed":
            facts |= {"current": kind["current"]}
        case "preference_changed":
            facts |= {"marketing": kind["marketing"]}
        case "template_status":
            facts |= {"template": named(kind), "event": kind["event"], "category": kind.get("category")}
        case "template_quality":
            facts |= {"template": named(kind["template"]), "quality": (kind.get("previous"), kind["current"])}
        case "template_category":
            change = kind["change"]
            moved = (change.get("previous"), change["current"]) if change["state"] == "done" else (change["current"], change["correct"])
            facts |= {"template": named(kind["template"]), "moved": moved}
        case "account_alert":
            facts |= {"event": kind.get("event")}
        case "template_edited":
            facts |= {"template": named(kind)}
    return facts


def theirs(update) -> dict:
    """The same facts, as far as pywa has them."""
    name = type(update).__name__
    facts = {"at": update.timestamp.astimezone(datetime.UTC).isoformat()}
    user = getattr(update, "from_user", None)
    if user is not None and name != "PhoneNumberChange":
        facts["users"] = {user.bsuid, user.wa_id, user.parent_bsuid} - {None}
        facts |= {"name": user.name, "username": user.username}
    match name:
        case "CallConnect":
            facts |= {"by_customer": update.direction.value == "USER_INITIATED"}
        case "CallPermissionUpdate":
            facts |= {"id": update.id}
        case "Message" if update.type.value == "reaction":
            facts |= {"target": update.reaction.message_id, "emoji": update.reaction.emoji}
        case "Message" | "OutgoingMessage":
            media = update.media
            facts |= {
                "id": update.id,
                "text": update.order.text if update.order else update.text,
                "caption": update.caption,
                "media": media.id if media else None,
                "filename": getattr(media, "filename", None),
                "mime": media.mime_type if media else None,
                "forwarded": update.forwarded,
                "reply_to": update.reply_to_message.id if update.reply_to_message else None,
                # We keep millionths of a degree, about 11 cm.
                "place": (round(update.location.latitude, 6), round(update.location.longitude, 6)) if update.location else (None, None),
                "products": [product.sku for product in update.order.products] if update.order else [],
                "ad": update.referral.source_id if update.referral else None,
                "hidden": getattr(update.unsupported, "type", None),
            }
        case "CallbackButton" | "CallbackSelection":
            facts |= {"id": update.id, "tap": (update.data, update.title)}
            if update.reply_to_message:
                facts["reply_to"] = update.reply_to_message.id
        case "FlowCompletion":
            facts |= {"id": update.id, "form": without_token(update.response)}
        case "EditedMessage" | "OutgoingEditedMessage":
            facts |= {"target": update.original_message_id, "text": update.message.text}
        case "DeletedMessage" | "OutgoingDeletedMessage":
            facts |= {"target": update.original_message_id}
        case "MessageStatus":
            facts |= {
                "id": update.id,
                "status": update.status.value,
                "correlation": update.tracker,
                "pricing": update.pricing.category.value if update.pricing else None,
                "free_until": update.conversation.expiration.isoformat() if update.conversation else None,
            }
        case "PhoneNumberChange":
            facts |= {"current": update.new_user_id or update.new_wa_id}
        case "UserMarketingPreferences":
            facts |= {"marketing": update.value.value}
        case "TemplateStatusUpdate":
            facts |= {"template": template(update), "event": update.new_status.value, "category": update.category and update.category.value}
        case "TemplateQualityUpdate":
            facts |= {"template": template(update), "quality": (update.previous_quality_score.value, update.new_quality_score.value)}
        case "TemplateCategoryUpdate":
            old, new = update.previous_category, update.new_category
            if update.correct_category:
                old, new = update.new_category, update.correct_category
            facts |= {"template": template(update), "moved": (old.value, new.value)}
        case "TemplateComponentsUpdate":
            facts |= {"template": template(update)}
        case "AccountUpdate":
            facts |= {"event": update.event.value}
        case _:
            raise SystemExit(f"no comparison for {name}")
    return facts


def without_token(answers):
    """pywa takes the form's token out of its answers."""
    return answers and {key: value for key, value in answers.items() if key != "flow_token"}


def named(template: dict) -> tuple:
    return template["id"], template["name"], template["language"]


def template(update) -> tuple:
    return update.template_id, update.template_name, update.template_language.value


def check_inbound(fixtures: dict) -> list[str]:
    wa = WhatsApp(filter_updates=False, validate_updates=False)
    failures, compared, facts_compared, gaps, kinds = [], 0, 0, [], {}
    for name, fixture in sorted(fixtures.items()):
        events = fixture["events"]
        parts = list(singles(fixture["payload"]))
        if len(parts) != len(events):
            failures.append(f"{name}: {len(parts)} updates, but {len(events)} events")
            continue
        for single, event in zip(parts, events):
            update, problem = pywa_form(wa, single)
            if update is None:
                gaps.append(name)
                if name not in GAPS:
                    failures.append(f"{name}: pywa cannot read it: {problem}")
                continue
            if name in NOT_COMPARED:
                continue
            we, they = ours(event), theirs(update)
            compared += 1
            kinds[type(update).__name__] = kinds.get(type(update).__name__, 0) + 1
            for key, value in they.items():
                facts_compared += 1
                if we.get(key) != value:
                    failures.append(f"{name}.{key}: ours {we.get(key)!r}, pywa {value!r}")
    stale = sorted(set(GAPS) - set(gaps))
    failures += [f"{name}: pywa reads it now" for name in stale]
    print(f"inbound: {compared} updates compared, {facts_compared} facts, {len(gaps)} updates pywa does not read")
    print("  " + ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))
    for name in sorted(set(gaps)):
        print(f"  not read: {name}: {GAPS.get(name, 'unexpected')}")
    return failures


class Wire:
    """An HTTP session that keeps what is sent."""

    def __init__(self):
        self.bodies = []
        self.session = httpx.Client(transport=httpx.MockTransport(self.answer))

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append((request.url.path, json.loads(request.content)))
        answer = {
            "messaging_product": "whatsapp",
            "contacts": [{"input": "+4915123456789", "wa_id": "4915123456789", "user_id": "DE.1349"}],
            "messages": [{"id": "wamid.A", "message_status": "accepted"}],
        }
        return httpx.Response(200, json=answer)


def normalised(body: dict) -> dict:
    """Differences without meaning: index as number or text, upper case, spelt-out defaults."""
    body = copy.deepcopy(body)
    if body.get("text", {}).get("preview_url") is False:
        del body["text"]["preview_url"]
    for component in body.get("template", {}).get("components", []):
        component["type"] = component["type"].lower()
        if "index" in component:
            component["index"] = str(component["index"])
            component["sub_type"] = component["sub_type"].lower()
    if not body.get("template", {}).get("components", [None]):
        del body["template"]["components"]
    return without_none(body)


def without_none(value):
    if isinstance(value, dict):
        return {key: without_none(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_none(inner) for inner in value]
    return value


def check_outbound(samples: dict) -> list[str]:
    wire = Wire()
    wa = WhatsApp(phone_id="106540352242922", token="x", session=wire.session)
    common = {"to": "+4915123456789", "tracker": "msg_0199f0aa6d1c7a3c"}
    link = "https://example.org/"
    sends = {
        "text": lambda: wa.send_message(text="Hallo Anna, passt Samstag?", **common),
        "text_with_link": lambda: wa.send_message(text=f"Hier geht es weiter: {link}t/8", preview_url=True, **common),
        "image": lambda: wa.send_image(image=f"{link}salon.jpg", **common),
        "image_with_caption": lambda: wa.send_image(image=f"{link}salon.jpg", caption="Unser Salon", **common),
        "document": lambda: wa.send_document(document=f"{link}angebot.pdf", filename="Angebot.pdf", caption="Ihr Angebot", **common),
        "audio": lambda: wa.send_audio(audio=f"{link}gruss.mp3", **common),
        "location": lambda: wa.send_location(latitude=52.516024, longitude=13.376915, name="Salon Mitte", address="Torstraße 12", **common),
        "template_positional": lambda: wa.send_template(
            name="termin_erinnerung",
            language=TemplateLanguage.GERMAN,
            params=[
                HeaderImage.params(image=f"{link}salon.jpg"),
                BodyText.params("Anna", "11 Uhr"),
                URLButton.params(url_variable="t/8", index=0),
                QuickReplyButton.params(callback_data="absagen", index=1),
                CopyCodeButton.params(coupon_code="HERBST", index=2),
            ],
            **common,
        ),
        "template_named": lambda: wa.send_template(
            name="gruss",
            language=TemplateLanguage.GERMAN,
            params=[HeaderText.params(ort="Mitte"), BodyText.params(first_name="Anna")],
            **common,
        ),
        "template_plain": lambda: wa.send_template(name="danke", language=TemplateLanguage.GERMAN, params=[], **common),
    }
    failures = []
    for name, send in sends.items():
        send()
        path, body = wire.bodies.pop()
        mine, other = normalised(samples[name]["body"]), normalised(body)
        if mine != other:
            failures.append(f"outbound {name}:\n    ours {json.dumps(mine, sort_keys=True)}\n    pywa {json.dumps(other, sort_keys=True)}")
        if not path.endswith("/106540352242922/messages"):
            failures.append(f"outbound {name}: pywa posts to {path}")
    missing = sorted(set(samples) - set(sends))
    failures += [f"outbound {name}: not compared" for name in missing]
    print(f"outbound: {len(sends)} bodies compared")
    return failures


def check_signatures(samples: list) -> list[str]:
    failures = []
    for sample in samples:
        right = sample["body"].encode()
        arguments = {"app_secret": sample["secret"], "x_hub_signature": sample["signature"]}
        if not utils.webhook_updates_validator(request_body=right, **arguments):
            failures.append(f"signature refused: {sample}")
        if utils.webhook_updates_validator(request_body=right + b" ", **arguments):
            failures.append(f"signature accepted for another body: {sample}")
    print(f"signatures: {len(samples)} compared")
    return failures


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as file:
        dump = json.load(file)
    failures = check_inbound(dump["inbound"]["whatsapp"])
    failures += check_outbound(dump["outbound"]["whatsapp"])
    failures += check_signatures(dump["signatures"])
    for failure in failures:
        print("DIFFERS", failure)
    print("pywa agrees" if not failures else f"{len(failures)} differences")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
