// Do we count SMS segments as npm sms-segments-calculator does? 100,000 texts, always the same ones.
//
//   cargo run -q -p domain --example segments   reads the texts as JSON lines and answers with
//   alphabet, units and the length of every part
//
// The reference divides grapheme clusters by Unicode 10 (npm grapheme-splitter). Where only that
// makes a difference, it must agree as soon as it is given the clusters of Intl.Segmenter (ICU). The
// other differences it is known for are named in `knownWrong`; any further one is a failure, and so
// is a kind of difference that never occurs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import readline from "node:readline";
import { SegmentedMessage } from "sms-segments-calculator";

const TEXTS = Number(process.argv[2] ?? 100_000);
const clusters = new Intl.Segmenter("en", { granularity: "grapheme" });

// mulberry32
let state = 20261122;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const times = (n, make) => Array.from({ length: n }, make).join("");

const words = {
  german: "Hallo Grüße für Ihre Buchung am nächsten Dienstag Straße größer „Danke“ – bis bald … 20 € Öffnungszeiten Übung Äpfel ẞ".split(" "),
  french: "Bonjour ça coûte à l’hôtel être élève où œuvre naïve Noël « rendez-vous » août garçon 15 € Île âge".split(" "),
  spanish: "¡Hola! ¿Qué tal? mañana día año niño acción corazón pingüino señor sí está llegó 3 € él última".split(" "),
  turkish: "Merhaba çiçek şimdi değil günaydın İstanbul ığdır güzel öğle üç şöyle çok teşekkürler ₺ yarın Ğ".split(" "),
  plain: "the next appointment is on Monday at ten {see you} [soon] ~ ^ | \\ @home £5 ΔΦΓ Ñandú æ ø å".split(" "),
};
const emoji = ["😀", "👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "🇫🇷", "❤️", "1️⃣", "👨🏿‍🚀", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🫶🏼", "🧑‍🧑‍🧒", "☎", "✓", "🪩", "🥹"];
const marks = ["\u0301", "\u0308", "\u0327", "\u0303", "\u030a", "\u0338", "\u20e3", "\ufe0f", "\u200d"];
const breaks = ["\r\n", "\n", "\r", "\n\r", "\f", "\t"];
const odd = ["\u0000", "\u00a0", "\u200b", "\u00ad", "\u2028", "\ufeff", "\u1100\u1161\u11a8", "각", "ក្ក", "क्षि", "நி", "ษำ", "\u0600a", "𝒳", "𐍈", "\u{1f1e6}", "\u{1f3fd}", "\u{10ffff}", "é", "ё", "ß", "中"];
const gsm = [..."@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡AZÄÖÑÜ§¿azäöñüà", ..."\f^{}\\[~]|€"];

const sentence = (list, n) => times(n, () => pick(list) + (random() < 0.9 ? " " : pick(breaks)));
const makers = [
  ...Object.values(words).map((list) => () => sentence(list, below(70))),
  () => times(below(400), () => pick(gsm)),
  () => times(below(120), () => (random() < 0.5 ? pick(emoji) : pick(words.german) + " ")),
  () => times(below(200), () => pick("aeinçu") + (random() < 0.4 ? pick(marks) : "")),
  () => times(below(150), () => pick([...odd, ...emoji, ...marks, ...breaks])),
  () => times(below(300), () => pick([...breaks, "a", "€", "é"])),
  // Around the limits: filling up to a few units before one, then something that does not fit.
  () => "a".repeat(pick([160, 153, 306, 459]) - below(4)) + times(below(6), () => pick([...gsm, "€", "\r\n"])),
  () => "я".repeat(pick([70, 67, 134, 201]) - below(14)) + times(below(6), () => pick([...emoji, ...breaks, "a", "я"])),
  () => pick(["a", "я"]).repeat(below(75)) + "e" + times(below(110), () => pick(marks)) + sentence(words.french, below(20)),
  // Any scalar values.
  () => times(below(120), () => {
    const point = below(pick([0x250, 0x3000, 0x10000, 0x110000]));
    return point >= 0xd800 && point < 0xe000 ? "?" : String.fromCodePoint(point);
  }),
];

const shape = (message) => ({
  encoding: message.encodingName === "GSM-7" ? "gsm7" : "ucs2",
  parts: message.segments.map((segment) => segment
    .filter((char) => !char.isUserDataHeader)
    .reduce((sum, char) => sum + char.raw.length, 0)),
});
const reference = (text) => shape(new SegmentedMessage(text));
/** The reference with the grapheme clusters of ICU instead of its own. */
function modern(text) {
  const message = new SegmentedMessage("");
  const graphemes = [...clusters.segment(text)].map(({ segment }) => segment);
  message.graphemes = graphemes.flatMap((it) => (it === "\r\n" ? ["\r", "\n"] : [it]));
  message.encodingName = message._hasAnyUCSCharacters(message.graphemes) ? "UCS-2" : "GSM-7";
  message.encodedChars = message._encodeChars(message.graphemes);
  message.segments = message._buildSegments(message.encodedChars);
  return shape(message);
}
const same = (a, b) => a.encoding === b.encoding && String(a.parts) === String(b.parts);
const sum = (list) => list.reduce((total, n) => total + n, 0);

/** What cannot be right whoever says it. */
function broken({ encoding, parts }, text) {
  const most = encoding === "ucs2" ? (parts.length > 1 ? 67 : 70) : parts.length > 1 ? 153 : 160;
  if (sum(parts) !== text.length || parts.some((n) => n < 1)) return "parts are not the text";
  let at = 0;
  for (const length of parts) {
    const part = text.slice(at, (at += length));
    const size = encoding === "ucs2" ? length : sum([...part].map((c) => ("\f^{}\\[~]|€".includes(c) ? 2 : 1)));
    if (size > most) return "a part is too long";
    if (/[\ud800-\udbff]$/.test(part)) return "a surrogate pair is torn apart";
  }
}

const knownWrong = {
  "the empty text is one segment, although nothing is sent": (text) => text === "",
  "grapheme clusters of Unicode 10, where later ones keep more together or less": (text, ours) => same(modern(text), ours),
  "a cluster above 28 code units overfills a segment or leaves one empty": (text) =>
    [...clusters.segment(text)].some(({ segment }) => segment.length > 28)
    && [reference(text), modern(text)].some((it) => broken(it, text) !== undefined),
};

const ours = spawn("cargo", ["run", "--quiet", "--locked", "--package", "domain", "--example", "segments"], {
  stdio: ["pipe", "pipe", "inherit"],
});
const answers = readline.createInterface({ input: ours.stdout })[Symbol.asyncIterator]();
const counts = Object.fromEntries(Object.keys(knownWrong).map((name) => [name, 0]));
const failures = [];
let equal = 0, divided = 0, ucs2 = 0;

const BATCH = 500;
for (let done = 0; done < TEXTS; done += BATCH) {
  const texts = Array.from({ length: Math.min(BATCH, TEXTS - done) }, (_, i) => (done + i === 0 ? "" : pick(makers)()));
  if (!ours.stdin.write(texts.map((text) => JSON.stringify(text) + "\n").join(""))) await once(ours.stdin, "drain");
  if (done + BATCH >= TEXTS) ours.stdin.end();
  for (const text of texts) {
    const { value } = await answers.next();
    const answer = JSON.parse(value);
    divided += answer.parts.length > 1;
    ucs2 += answer.encoding === "ucs2";
    const wrong = text && broken(answer, text);
    if (!wrong && same(reference(text), answer)) {
      equal += 1;
      continue;
    }
    const known = !wrong && Object.entries(knownWrong).find(([, is]) => is(text, answer));
    if (known) counts[known[0]] += 1;
    else failures.push({ wrong, text, ours: answer, reference: reference(text), modern: modern(text) });
  }
}

console.log(`${TEXTS} texts (${ucs2} in UCS-2, ${divided} in several parts): ${equal} counted alike`);
for (const [name, count] of Object.entries(counts)) console.log(`  ${count} not: ${name}`);
for (const failure of failures.slice(0, 5)) console.error(JSON.stringify(failure));
const never = Object.entries(counts).filter(([, count]) => count === 0);
for (const [name] of never) console.error(`no text shows it any more: ${name}`);
if (failures.length) console.error(`${failures.length} unexplained differences`);
process.exit(failures.length || never.length ? 1 : 0);
