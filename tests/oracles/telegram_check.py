"""Does an independent Telegram library read and write what we read and write?

Inbound: every Telegram fixture is read by python-telegram-bot's own classes, and ids, texts,
times, people and media are compared. Outbound: its bot sends our samples through a stubbed
request, and the parameters are compared. Answers: what our classification calls accepted is
tested in the crate itself.

    cargo run -q -p channels --example dump > dump.json
    python tests/oracles/telegram_check.py dump.json
"""

from __future__ import annotations

import asyncio
import json
import sys

from telegram import Bot, Update
from telegram.request import BaseRequest, RequestData

# Read by both sides, but there is nothing to agree on.
NOT_COMPARED = {
    "malformed_message": "broken on purpose",
    "new_update_kind": "an update that does not exist",
    "channel_post": "we keep it as unknown",
    "test_server_tap": "telegram-test-api leaves out chat_instance, which the library requires",
}

MEDIA = ["animation", "video", "video_note", "audio", "voice", "sticker", "document"]


def check_inbound(fixtures: dict) -> list[str]:
    failures, facts_compared, compared = [], 0, 0
    for name, fixture in sorted(fixtures.items()):
        if name in NOT_COMPARED:
            continue
        try:
            update = Update.de_json(fixture["payload"], None)
        except (TypeError, KeyError) as error:
            failures.append(f"{name}: python-telegram-bot cannot read it: {error!r}")
            continue
        [event] = fixture["events"]
        compared += 1
        for key, (ours, theirs) in facts(event, update).items():
            facts_compared += 1
            if ours != theirs:
                failures.append(f"{name}.{key}: ours {ours!r}, python-telegram-bot {theirs!r}")
    print(f"inbound: {compared} updates compared, {facts_compared} facts")
    for name, reason in sorted(NOT_COMPARED.items()):
        print(f"  not compared: {name}: {reason}")
    return failures


def facts(event: dict, update: Update) -> dict:
    """Pairs of what we found and what the library found."""
    kind = event["kind"]
    chat, user = update.effective_chat, update.effective_user
    private = chat.type == "private"
    pairs = {
        "dedup": (event["dedup"], f"update:{update.update_id}"),
        "user": (event["user"], str(chat.id if private else user.id)),
        "name": (event["profile"].get("display_name"), user.full_name),
        "username": (event["profile"].get("username"), user.username),
        "language": (event["profile"].get("language"), user.language_code),
    }
    at = event["at"].replace("Z", "+00:00")
    if message := update.message:
        pairs["at"] = (at, message.date.isoformat())
        pairs["kind"] = (kind["type"], expected_kind(message))
        if kind["type"] == "message":
            pairs |= message_facts(kind, message)
            pairs["group"] = (kind.get("group"), None if private else str(chat.id))
    elif message := update.edited_message:
        pairs["at"] = (at, message.edit_date.isoformat())
        pairs["target"] = (kind["target"], full_id(message))
        pairs["text"] = (kind["content"].get("text"), message.text)
    elif query := update.callback_query:
        pairs["payload"] = ((kind["id"], kind["payload"]), (query.id, query.data))
        pairs["target"] = (kind["target"], full_id(query.message))
    elif member := update.my_chat_member:
        pairs["at"] = (at, member.date.isoformat())
        if private:
            gone = member.new_chat_member.status == "kicked"
            pairs["state"] = (kind["state"], "blocked" if gone else "unblocked")
    elif reaction := update.message_reaction:
        pairs["at"] = (at, reaction.date.isoformat())
        emoji = [one.emoji for one in reaction.new_reaction]
        pairs["emoji"] = (kind.get("emoji"), emoji[0] if emoji else None)
        pairs["target"] = (kind["target"], f"{reaction.chat.id}:{reaction.message_id}")
    return pairs


def expected_kind(message) -> str:
    if message.migrate_to_chat_id:
        return "user_id_changed"
    return "system" if message.new_chat_members else "message"


def message_facts(kind: dict, message) -> dict:
    content = kind["content"]
    quoted = message.reply_to_message
    file = next((found for field in MEDIA if (found := getattr(message, field))), None)
    if message.photo:
        file = max(message.photo, key=lambda size: size.width)
    place = (message.venue.location if message.venue else message.location)
    return {
        "id": (kind["id"], full_id(message)),
        "text": (content.get("text"), message.text),
        "caption": (content.get("caption"), message.caption),
        "reply_to": (kind.get("reply_to"), f"{message.chat.id}:{quoted.message_id}" if quoted else None),
        "album": (kind.get("album"), message.media_group_id),
        "forwarded": (kind.get("forwarded", False), message.forward_origin is not None),
        "automatic": (kind.get("automatic", False), message.via_bot is not None),
        "file": (content.get("id") if content["type"] == "media" else None, file and file.file_id),
        "filename": (content.get("filename"), getattr(file, "file_name", None)),
        "mime": (content.get("mime"), getattr(file, "mime_type", None)),
        "place": (
            (content.get("latitude"), content.get("longitude")),
            (place.latitude, place.longitude) if place else (None, None),
        ),
        "cards": (
            [card["phones"] for card in content.get("contacts", [])],
            [[message.contact.phone_number]] if message.contact else [],
        ),
    }


def full_id(message) -> str:
    return f"{message.chat.id}:{message.message_id}"


class Wire(BaseRequest):
    """Keeps what the library would send."""

    def __init__(self):
        self.sent = []

    @property
    def read_timeout(self):
        return 1

    async def initialize(self):
        pass

    async def shutdown(self):
        pass

    async def do_request(self, url, method, request_data: RequestData | None = None, **_):
        parameters = dict(request_data.parameters) if request_data else {}
        self.sent.append((url.rsplit("/", 1)[1], parameters))
        result = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}
        return 200, json.dumps({"ok": True, "result": result}).encode()


async def check_outbound(samples: dict) -> list[str]:
    wire = Wire()
    bot = Bot("42:test", request=wire, get_updates_request=Wire())
    chat, link = 4915123456789, "https://example.org/"
    sends = {
        "text": lambda: bot.send_message(chat, "Hallo Anna, passt Samstag?"),
        "text_with_link": lambda: bot.send_message(chat, f"Hier geht es weiter: {link}t/8"),
        "image": lambda: bot.send_photo(chat, f"{link}salon.jpg"),
        "image_with_caption": lambda: bot.send_photo(chat, f"{link}salon.jpg", caption="Unser Salon"),
        "document": lambda: bot.send_document(chat, f"{link}angebot.pdf", caption="Ihr Angebot"),
        "audio": lambda: bot.send_audio(chat, f"{link}gruss.mp3"),
        "location": lambda: bot.send_location(chat, latitude=52.516024, longitude=13.376915),
    }
    failures = []
    for name, send in sends.items():
        await send()
        method, parameters = wire.sent.pop()
        ours = samples[name]["url"].rsplit("/", 1)[1], samples[name]["body"]
        if ours != (method, parameters):
            failures.append(f"outbound {name}:\n    ours {ours}\n    python-telegram-bot {(method, parameters)}")
    failures += [f"outbound {name}: not compared" for name in sorted(set(samples) - set(sends))]
    print(f"outbound: {len(sends)} requests compared")
    return failures


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as file:
        dump = json.load(file)
    failures = check_inbound(dump["inbound"]["telegram"])
    failures += asyncio.run(check_outbound(dump["outbound"]["telegram"]))
    for failure in failures:
        print("DIFFERS", failure)
    print("python-telegram-bot agrees" if not failures else f"{len(failures)} differences")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
