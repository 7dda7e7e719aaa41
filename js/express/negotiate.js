/** Content negotiation: the Accept headers of RFC 9110, section 12.5. */

// "a;q=0.5, b" split at commas outside of quotes; at most so many.
const MAX_ENTRIES = 256;

function splitList(text) {
  if (!text.includes('"')) return text.split(',', MAX_ENTRIES);
  const out = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length && out.length < MAX_ENTRIES; i++) {
    const c = text[i];
    if (quoted && c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    else if (c === ',' && !quoted) {
      out.push(text.slice(start, i));
      start = i + 1;
    }
  }
  out.push(text.slice(start));
  return out;
}

// { value, q, params, index } of each entry.
function parse(header) {
  const out = [];
  const list = splitList(header);
  for (let index = 0; index < list.length; index++) {
    const [head, ...rest] = list[index].split(';');
    const value = head.trim();
    if (value === '' || /\s/.test(value)) continue;
    let q = 1;
    const params = Object.create(null);
    for (const item of rest) {
      const eq = item.indexOf('=');
      const name = (eq < 0 ? item : item.slice(0, eq)).trim().toLowerCase();
      let text = eq < 0 ? '' : item.slice(eq + 1).trim();
      if (text.length > 1 && text[0] === '"' && text.endsWith('"')) text = text.slice(1, -1);
      if (name === 'q') {
        q = parseFloat(text);
        break; // what follows are extensions
      }
      params[name] = text;
    }
    if (!Number.isNaN(q)) out.push({ value: value.toLowerCase(), original: value, q, params, index });
  }
  return out;
}

// How specific an entry is for what is offered: 0 for no match.
function matchType(offered, entry) {
  const [type, subtype] = entry.value.split('/');
  if (subtype === undefined) return 0;
  let s = 1;
  if (type === offered.type) s += 4;
  else if (type !== '*') return 0;
  if (subtype === offered.subtype) s += 2;
  else if (subtype !== '*') return 0;
  for (const name in entry.params) {
    const want = entry.params[name];
    if (want !== '*' && (offered.params[name] ?? '').toLowerCase() !== want.toLowerCase()) return 0;
    s += 8;
  }
  return s;
}

function readType(text) {
  const entry = parse(text)[0];
  const [type, subtype] = (entry?.value ?? '').split('/');
  return subtype === undefined ? null : { type, subtype, params: entry.params };
}

const matchWord = (offered, entry) => (entry.value === offered ? 2 : entry.value === '*' ? 1 : 0);

function matchLanguage(offered, entry) {
  if (entry.value === offered) return 4;
  const prefix = (text) => text.split('-', 1)[0];
  if (prefix(entry.value) === offered) return 2;
  if (entry.value === prefix(offered)) return 3;
  return entry.value === '*' ? 1 : 0;
}

const KINDS = {
  type: { match: matchType, read: readType },
  charset: { match: matchWord, read: (text) => text.toLowerCase() },
  encoding: { match: matchWord, read: (text) => text.toLowerCase() },
  language: { match: matchLanguage, read: (text) => text.toLowerCase() },
};

// The best entry for one offer: the most specific, then the first.
function rate(kind, offered, entries) {
  let best = { s: 0, q: 0, index: 0 };
  const value = kind.read(offered);
  if (value === null) return best;
  for (const entry of entries) {
    const s = kind.match(value, entry);
    if (s > best.s || (s === best.s && s > 0 && entry.q > best.q)) best = { s, q: entry.q, index: entry.index };
  }
  return best;
}

const byPreference = (a, b) => b.q - a.q || b.s - a.s || a.index - b.index || a.offer - b.offer;

/**
 * Which of the offers a header accepts, the preferred first; without offers,
 * what the header lists. A missing header accepts all.
 *
 * @param {'type'|'charset'|'encoding'|'language'} name
 */
export function preferred(name, header, offers) {
  const kind = KINDS[name];
  const entries = entriesOf(name, header);
  if (offers === undefined) {
    return entries.filter((e) => e.q > 0).sort((a, b) => b.q - a.q || a.index - b.index).map((e) => e.original);
  }
  return offers
    .map((offer, i) => ({ ...rate(kind, offer, entries), offer: i }))
    .filter((rating) => rating.q > 0)
    .sort(byPreference)
    .map((rating) => offers[rating.offer]);
}

function entriesOf(name, header) {
  let entries = parse(header ?? (name === 'type' ? '*/*' : name === 'encoding' ? '' : '*'));
  if (name === 'type') entries = entries.filter((e) => e.value.includes('/'));
  // Without "identity" or "*" in it, the header still accepts no encoding.
  if (name === 'encoding' && !entries.some((e) => e.value === 'identity' || e.value === '*')) {
    const q = entries.reduce((least, e) => Math.min(least, e.q || 1), 1);
    entries = [...entries, { value: 'identity', original: 'identity', q, params: {}, index: entries.length }];
  }
  return entries;
}

/** The offer that a header prefers, or false. */
export function best(name, header, offers) {
  return preferred(name, header, offers)[0] ?? false;
}

/** Which of the codings a header accepts, the preferred first; among equals in the order of the offers. */
export function codingsFor(header, offers) {
  const entries = entriesOf('encoding', header);
  return offers
    .map((offer, i) => ({ q: rate(KINDS.encoding, offer, entries).q, i }))
    .filter(({ q }) => q > 0)
    .sort((a, b) => b.q - a.q || a.i - b.i)
    .map(({ i }) => offers[i]);
}

/** The media type of a Content-Type header, in lower case, or ''. */
export function mediaType(header) {
  if (!header) return '';
  const end = header.indexOf(';');
  return (end < 0 ? header : header.slice(0, end)).trim().toLowerCase();
}

export { parameter } from 'wqjs:internal/media-type';
