// A Telegram for tests: the npm package telegram-test-api as a server, and the few commands a
// script needs to play the customer on it. The commands talk to the server over HTTP, so they
// can be used from any language or by hand.
//
//   node telegram_server.mjs serve   --port 9077
//   node telegram_server.mjs webhook --port 9077 --url http://127.0.0.1:8787/... --secret S3cret
//   node telegram_server.mjs say     --port 9077 --user 5208831190 --name Mira --text "Hallo" [--at N]
//   node telegram_server.mjs tap     --port 9077 --user 5208831190 --data slot-2
//   node telegram_server.mjs sent    --port 9077 [--user 5208831190] [--wait 5] [--count 1]
//
// `--token` names the bot (default 42:test). `--at` is when the customer writes, in seconds since
// 1970, for bots on a clock of their own (default: now). `sent` prints what the bot sent as a JSON
// list and, with --wait, waits up to that many seconds for --count messages; exit status 1 if they
// are missing. The bot's API is at http://127.0.0.1:<port>, as it is at https://api.telegram.org.
//
// The package itself posts updates without the secret-token header of the real service; `serve`
// adds it, from the webhook that was registered.

import { createRequire } from "node:module";
import { parseArgs } from "node:util";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: "string", default: "9077" },
    token: { type: "string", default: "42:test" },
    url: { type: "string" },
    secret: { type: "string", default: "" },
    user: { type: "string" },
    name: { type: "string", default: "Mira" },
    text: { type: "string", default: "" },
    data: { type: "string", default: "" },
    at: { type: "string" },
    wait: { type: "string", default: "0" },
    count: { type: "string", default: "1" },
  },
});

const base = `http://127.0.0.1:${options.port}`;

const commands = { serve, webhook, say, tap, sent };
const command = commands[positionals[0]];
if (!command) {
  console.error(`expected one of: ${Object.keys(commands).join(", ")}`);
  process.exit(2);
}
await command();

async function serve() {
  const require = createRequire(import.meta.url);
  const TelegramServer = require("telegram-test-api");
  const day = 24 * 60 * 60;
  const server = new TelegramServer({
    host: "127.0.0.1",
    port: Number(options.port),
    storeTimeout: day,
  });
  addSecretHeader(require, server);
  // A refused update must not end the server; the real service goes on as well.
  process.on("unhandledRejection", (error) => console.error(`webhook: ${error.message}`));
  await server.start();
  console.log(`telegram-test-api listens on ${base}`);
}

/** The package's own HTTP client gets the header that the real service sends. */
function addSecretHeader(require, server) {
  const inPackage = createRequire(require.resolve("telegram-test-api"));
  inPackage("axios").interceptors.request.use((request) => {
    const hooks = Object.values(server.webhooks);
    const hook = hooks.find((hook) => hook.url === request.url);
    if (hook?.secret_token) {
      request.headers["X-Telegram-Bot-Api-Secret-Token"] = hook.secret_token;
    }
    return request;
  });
}

async function webhook() {
  const body = { url: options.url, secret_token: options.secret };
  print(await post(`/bot${options.token}/setWebhook`, body));
}

async function say() {
  const message = { ...meta(), ...parties(), text: options.text };
  if (options.text.startsWith("/")) {
    const length = options.text.split(" ")[0].length;
    message.entities = [{ offset: 0, length, type: "bot_command" }];
    print(await post("/sendCommand", message));
  } else {
    print(await post("/sendMessage", message));
  }
}

async function tap() {
  const { from, chat } = parties();
  const { botToken, date } = meta();
  const message = { from, chat, date, message_id: 1 };
  print(await post("/sendCallback", { botToken, from, message, data: options.data }));
}

async function sent() {
  const deadline = Date.now() + Number(options.wait) * 1000;
  for (;;) {
    const messages = await botMessages();
    const enough = messages.length >= Number(options.count);
    if (enough || Date.now() >= deadline) {
      print(messages);
      process.exit(enough || options.wait === "0" ? 0 : 1);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What the bot sent, oldest first; messages of customers are in the same history. */
async function botMessages() {
  const { result } = await post("/getUpdatesHistory", { token: options.token });
  return result
    .filter((item) => item.message && "chat_id" in item.message)
    .filter((item) => !options.user || String(item.message.chat_id) === options.user)
    .map((item) => ({ message_id: item.messageId, ...item.message }));
}

function meta() {
  return { botToken: options.token, date: Number(options.at ?? Math.floor(Date.now() / 1000)) };
}

function parties() {
  const id = Number(options.user ?? 5208831190);
  const person = { id, first_name: options.name };
  return {
    from: { ...person, is_bot: false, language_code: "de" },
    chat: { ...person, type: "private" },
  };
}

async function post(path, body) {
  const response = await fetch(base + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).catch((error) => {
    console.error(`no server at ${base}: ${error.cause?.code ?? error.message}`);
    process.exit(2);
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${path}: ${response.status} ${text}`);
  }
  return JSON.parse(text);
}

function print(value) {
  console.log(JSON.stringify(value, null, 2));
}
