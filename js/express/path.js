/**
 * Path patterns in the syntax of Express 5 (path-to-regexp 8):
 *
 *   /users/:id      a parameter: one or more characters other than "/"
 *   /files/*path    a wildcard: one or more characters; an array of segments
 *   /a{/:b}         a part that may be missing
 *   /:"a name"      a parameter with any name
 *   /a\:b           a character taken literally
 *
 * compile() gives a function from a path to { path, params } or null. A fixed
 * path compares strings, whole-segment parameters are cut out with indexOf, and
 * only the rest becomes a regular expression.
 */

const ID_START = /^[$_\p{ID_Start}]$/u;
const ID_CONTINUE = /^[$\u200c\u200d\p{ID_Continue}]$/u;
// Optional parts multiply: each doubles the number of alternatives.
const MAX_ALTERNATIVES = 256;
// Escapes and character classes, to step over them, and capturing groups.
const GROUP = /\\.|\[(?:\\.|[^\]])*\]|\((?:(?!\?)|\?<([^=!][^>]*)>)/g;
const SPECIAL = /[.+*?^${}()[\]|/\\]/g;

/** A pattern that cannot be read. */
export class PathError extends TypeError {
  name = 'PathError';

  constructor(message, pattern) {
    super(`${message}: ${pattern}`);
    this.originalPath = pattern;
  }
}

class Parser {
  constructor(pattern) {
    this.pattern = pattern;
    this.chars = [...pattern];
    this.at = 0;
  }

  fail(message) {
    throw new PathError(message, this.pattern);
  }

  // The name after ":" or "*".
  readName() {
    const { chars } = this;
    let name = '';
    if (chars[this.at] === '"') {
      const start = this.at++;
      while (chars[this.at] !== '"') {
        if (chars[this.at] === '\\') this.at++;
        if (this.at >= chars.length) this.fail(`Unterminated quote at index ${start}`);
        name += chars[this.at++];
      }
      this.at++;
    } else if (this.at < chars.length && ID_START.test(chars[this.at])) {
      do name += chars[this.at++];
      while (this.at < chars.length && ID_CONTINUE.test(chars[this.at]));
    }
    if (name === '') this.fail(`Missing parameter name at index ${this.at}`);
    return name;
  }

  readText() {
    const { chars } = this;
    let text = '';
    for (; this.at < chars.length && !':*{}'.includes(chars[this.at]); this.at++) {
      const c = chars[this.at];
      if ('()[]+?!'.includes(c)) this.fail(`Unexpected "${c}" at index ${this.at}, write "\\${c}" for the character`);
      if (c === '\\' && ++this.at >= chars.length) this.fail(`Nothing follows "\\" at index ${this.at - 1}`);
      text += chars[this.at];
    }
    return { type: 'text', value: text };
  }

  // Tokens up to the end, or to the "}" of a group.
  read(inGroup) {
    const tokens = [];
    const { chars } = this;
    while (this.at < chars.length) {
      const c = chars[this.at];
      if (c === ':' || c === '*') {
        this.at++;
        tokens.push({ type: c === ':' ? 'param' : 'wildcard', name: this.readName() });
      } else if (c === '{') {
        this.at++;
        tokens.push({ type: 'group', tokens: this.read(true) });
      } else if (c === '}') {
        if (!inGroup) this.fail(`Unexpected "}" at index ${this.at}`);
        this.at++;
        return tokens;
      } else tokens.push(this.readText());
    }
    if (inGroup) this.fail('A "{" is not closed');
    return tokens;
  }
}

/** The tokens of a pattern: { type, value | name | tokens }. Throws a PathError. */
export function parse(pattern) {
  return new Parser(pattern).read(false);
}

// All sequences without groups that tokens stand for, the longest first.
function flatten(tokens, pattern) {
  let lists = [[]];
  for (const token of tokens) {
    if (token.type !== 'group') {
      for (const list of lists) list.push(token);
      continue;
    }
    const options = flatten(token.tokens, pattern);
    const next = [];
    for (const list of lists) {
      for (const option of options) next.push([...list, ...option]);
      next.push([...list]);
    }
    if (next.length > MAX_ALTERNATIVES) throw new PathError('Too many optional parts', pattern);
    lists = next;
  }
  return lists.map(join);
}

// Neighbouring texts as one.
function join(tokens) {
  const out = [];
  for (const token of tokens) {
    const last = out[out.length - 1];
    if (token.type === 'text' && last?.type === 'text') out[out.length - 1] = { type: 'text', value: last.value + token.value };
    else out.push(token);
  }
  return out;
}

const escape = (text) => text.replace(SPECIAL, '\\$&');

// What a parameter matches: nothing that would also match the text before it,
// so that a long path has few ways to match.
function segment(before) {
  if (before === '') return '[^\\/]+';
  if (before.length === 1) return `[^\\/${before.replace(/[\\\]^-]/, '\\$&')}]+`;
  return `(?:(?!${escape(before)})[^\\/])+`;
}

// The source of a regular expression for one sequence; keys get its tokens.
function sourceOf(tokens, keys, pattern) {
  let source = '';
  let before = '';
  let hasWildcard = false;
  let isSegment = true; // a "/" stands between this and the parameter before
  for (const token of tokens) {
    if (token.type === 'text') {
      source += escape(token.value);
      before += token.value;
      isSegment ||= token.value.includes('/');
      continue;
    }
    if (!isSegment && before === '') throw new PathError(`Missing text before "${token.name}"`, pattern);
    if (token.type === 'param') source += `(${segment(isSegment ? '' : before)})`;
    else if (hasWildcard) source += `((?:(?!${escape(before)})[\\s\\S])+)`;
    else source += '([\\s\\S]+)';
    hasWildcard ||= token.type === 'wildcard';
    keys.push(token);
    isSegment = false;
    before = '';
  }
  return source;
}

function badParameter(text) {
  const error = new URIError(`Failed to decode param '${text}'`);
  error.status = error.statusCode = 400;
  return error;
}

/** Decodes a parameter; what is no valid encoding is an error of status 400. */
export function decode(text) {
  if (typeof text !== 'string' || !text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw badParameter(text);
  }
}

const valueOf = (key, text) => (key.type === 'wildcard' ? text.split('/').map(decode) : decode(text));

function matchExpression(lists, { sensitive, end, strict }, pattern) {
  const keys = [];
  const source = lists.map((tokens) => sourceOf(tokens, keys, pattern)).join('|');
  const tail = `${strict ? '' : '(?:\\/$)?'}${end ? '$' : '(?=\\/|$)'}`;
  const expression = new RegExp(`^(?:${source})${tail}`, sensitive ? '' : 'i');
  return (path) => {
    const match = expression.exec(path);
    if (match === null) return null;
    const params = Object.create(null);
    for (let i = 1; i < match.length; i++) {
      if (match[i] !== undefined) params[keys[i - 1].name] = valueOf(keys[i - 1], match[i]);
    }
    return { path: match[0], params };
  };
}

// A fixed path, by comparing; text is in lower case unless sensitive.
function matchText(text, { sensitive, end, strict }) {
  if (!sensitive) text = text.toLowerCase();
  const { length } = text;
  return (path) => {
    if (path.length < length) return null;
    const rest = path.length - length;
    if (rest > 0) {
      if (end && (strict || rest !== 1)) return null;
      // With the empty text, path[0] is the "/".
      if (path[length] !== '/') return null;
    }
    const head = rest === 0 ? path : path.slice(0, length);
    if (head !== text && (sensitive || head.toLowerCase() !== text)) return null;
    return { path: rest === 1 && !strict ? path : head, params: null };
  };
}

// Whether each parameter fills a segment: "/a/:b/c/:d".
function isSegments(tokens) {
  return tokens.every((token, i) => {
    if (token.type === 'wildcard') return false;
    if (token.type === 'param') return tokens[i - 1]?.value?.endsWith('/') ?? false;
    return i === 0 || token.value[0] === '/';
  });
}

function matchSegments(values, names, { sensitive, end, strict }) {
  const texts = sensitive ? values : values.map((text) => text.toLowerCase());
  const count = names.length;
  return (path) => {
    let at = 0;
    const values = [];
    for (let i = 0; i < texts.length; i++) {
      const text = texts[i];
      const stop = at + text.length;
      const part = path.slice(at, stop);
      if (part !== text && (sensitive || part.toLowerCase() !== text)) return null;
      at = stop;
      if (i === count) break; // the text after the last parameter
      let next = path.indexOf('/', at);
      if (next < 0) next = path.length;
      if (next === at) return null;
      values.push(path.slice(at, next));
      at = next;
    }
    if (at < path.length) {
      if (path[at] !== '/') return null;
      if (!strict && at + 1 === path.length) at++;
      else if (end) return null;
    }
    const params = Object.create(null);
    for (let i = 0; i < count; i++) params[names[i]] = decode(values[i]);
    return { path: at === path.length ? path : path.slice(0, at), params };
  };
}

function matchRegExp(expression) {
  // Groups by name, or by their number among those without one.
  const groups = [];
  let number = 0;
  for (const [text, name] of expression.source.matchAll(GROUP)) {
    if (text[0] === '(') groups.push(name ?? number++);
  }
  return (path) => {
    expression.lastIndex = 0;
    const match = expression.exec(path);
    if (match === null) return null;
    const params = Object.create(null);
    for (let i = 1; i < match.length; i++) {
      const value = decode(match[i]);
      if (value !== undefined) params[groups[i - 1]] = value;
    }
    return { path: match[0], params };
  };
}

/**
 * Compiles a pattern, a RegExp or an array of them.
 *
 * @param {object} options sensitive: case matters; end: the whole path must
 *   match, not only its start; strict: a "/" at the end matters.
 * @returns {{ match: (path: string) => ({ path: string, params: object | null } | null), texts: string[] | null, names: string[] }}
 *   texts and names are what the pattern consists of when each parameter is a whole segment.
 */
export function compile(pattern, options) {
  if (Array.isArray(pattern)) {
    const matchers = pattern.flat(Infinity).map((p) => compile(p, options).match);
    if (matchers.length === 1) return compile(pattern.flat(Infinity)[0], options);
    return {
      texts: null,
      match(path) {
        for (const match of matchers) {
          const found = match(path);
          if (found !== null) return found;
        }
        return null;
      },
    };
  }
  if (pattern instanceof RegExp) return { texts: null, match: matchRegExp(pattern) };
  if (typeof pattern !== 'string') throw new TypeError(`a path is a string, a RegExp or an array of them, not ${pattern}`);
  const loose = options.strict || pattern === '/' ? pattern : pattern.replace(/\/+$/, '');
  const tokens = parse(loose);
  const lists = flatten(tokens, pattern);
  const [list] = lists;
  if (lists.length === 1) {
    if (list.every((t) => t.type === 'text')) {
      const text = list[0]?.value ?? '';
      return { texts: text === '' ? null : [text], names: [], match: matchText(text, options) };
    }
    if (isSegments(list)) {
      const texts = list.filter((t) => t.type === 'text').map((t) => t.value);
      const names = list.filter((t) => t.type === 'param').map((t) => t.name);
      return { texts, names, match: matchSegments(texts, names, options) };
    }
  }
  return { texts: null, match: matchExpression(lists, options, pattern) };
}
