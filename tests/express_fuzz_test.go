package tests

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/wqjs/wqjs/host"
)

// The parsers of wqjs:express in one sandbox; each function throws when
// something is not as promised.
const expressParsers = `
import express from 'express';
import * as os from 'os';
const check = (ok, what) => { if (!ok) throw new Error('broken promise: ' + what); };
const builtins = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
const unpolluted = () => check(JSON.stringify(Object.getOwnPropertyNames(Object.prototype)) === builtins, 'Object.prototype');

function make(...middleware) {
  const app = express();
  app.set('env', 'test').set('cookie secret', ['new', 'old']);
  app.use(...middleware);
  return app;
}

// ---- cookies ----

let cookies;
const jar = make((req, res) => {
  cookies = { plain: req.cookies, signed: req.signedCookies };
  res.end();
});
async function read(header) {
  const res = await jar.request('/', { headers: { cookie: header } });
  check(res.status === 200, 'status ' + res.status);
  return cookies;
}

// A header as it comes, and a cookie that is set and comes back.
export async function cookie(header, name, value) {
  const { plain, signed } = await read(header);
  for (const all of [plain, signed]) check(Object.getPrototypeOf(all) === null, 'a prototype');
  for (const key of Object.keys(plain)) check(header.includes(key) && plain[key] !== undefined, 'the name ' + key);
  for (const key of Object.keys(signed)) check(signed[key] === false, 'a signature was made up: ' + key);
  const app = make((req, res) => {
    try {
      res.cookie(name, value, { signed: value.length % 2 === 1 });
    } catch (error) {
      check(error instanceof TypeError, String(error));
    }
    res.end();
  });
  const [set] = (await app.request('/')).headers.getSetCookie();
  if (set === undefined) return;
  check(/^[^\r\n\0]*; Path=\/$/.test(set), 'Set-Cookie ' + set);
  const pair = set.slice(0, set.lastIndexOf(';'));
  const isSigned = value.length % 2 === 1;
  const back = await read(pair);
  let want = value;
  if (value.startsWith('j:')) try { want = JSON.parse(value.slice(2)); } catch {}
  if (isSigned || !value.startsWith('s:')) {
    check(JSON.stringify((isSigned ? back.signed : back.plain)[name]) === JSON.stringify(want), 'the way back of ' + pair);
  }
  if (!isSigned) return;
  for (let i = pair.indexOf('=') + 3; i < pair.length; i += 1 + (pair.length >> 3)) { // behind "s%3A"
    if (i < pair.indexOf('=') + 5) continue;
    const other = pair.slice(0, i) + (pair[i] === 'x' ? 'y' : 'x') + pair.slice(i + 1);
    const { signed: got } = await read(other);
    check(got[name] === false || got[name] === undefined || decodeURIComponent(other) === decodeURIComponent(pair), 'forged: ' + other);
  }
  unpolluted();
}

// ---- ranges ----

const SIZE = 1000;
const content = Uint8Array.from({ length: SIZE }, (_, i) => i * 7);
export function setUp(dir) {
  os.mkdir(dir);
  const fd = os.open(dir + '/file.bin', os.O_WRONLY | os.O_CREAT, 0o600);
  check(os.write(fd, content.buffer, 0, SIZE) === SIZE, 'the file');
  os.close(fd);
  files = make(express.static(dir));
}
let files;

let ranges;
const ranged = make((req, res) => {
  ranges = [req.range(SIZE), req.range(SIZE, { combine: true })];
  res.end();
});

export async function range(header) {
  await ranged.request('/', { headers: { range: header } });
  for (const list of ranges) {
    if (list === undefined || list === -1 || list === -2) continue;
    check(Array.isArray(list) && list.length > 0 && typeof list.type === 'string', 'the list');
    for (const { start, end } of list) {
      check(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end < SIZE, start + '-' + end);
    }
  }
  if (Array.isArray(ranges[1])) {
    const sorted = [...ranges[1]].sort((a, b) => a.start - b.start);
    for (let i = 1; i < sorted.length; i++) check(sorted[i].start > sorted[i - 1].end + 1, 'not combined');
  }
  const res = await files.request('/file.bin', { headers: { range: header } });
  const body = await res.bytes();
  const same = (bytes, start, end) => bytes.length === end - start + 1 && bytes.every((b, i) => b === content[start + i]);
  const contentRange = res.headers.get('content-range');
  if (res.status === 416) check(contentRange === 'bytes */' + SIZE, '416');
  else if (res.status === 200) check(same(body, 0, SIZE - 1), 'all of it');
  else {
    check(res.status === 206, 'status ' + res.status);
    const one = /^bytes (\d+)-(\d+)\/1000$/.exec(contentRange ?? '');
    if (one !== null) return check(same(body, +one[1], +one[2]), 'one range');
    const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(res.headers.get('content-type'))[1];
    let text = '';
    for (const b of body) text += String.fromCharCode(b);
    const parts = text.split('\r\n--' + boundary);
    check(parts.length > 2 && parts.at(-1).startsWith('--'), 'parts');
    for (const part of parts.slice(1, -1)) {
      const [, start, end] = /content-range: bytes (\d+)-(\d+)\/1000\r\n/i.exec(part);
      const bytes = Uint8Array.from(part.slice(part.indexOf('\r\n\r\n') + 4), (c) => c.charCodeAt(0));
      check(same(bytes, +start, +end), 'a part');
    }
  }
}

// ---- forms ----

const known = [400, 413, 415];

// The parts of a body that comes in pieces of some size, or a status.
export async function multipart(body, boundary, size) {
  async function* pieces() {
    for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
  }
  const request = new Request('http://x', { method: 'POST', body: pieces(), headers: { 'content-type': 'multipart/form-data; boundary=' + boundary } });
  let form;
  try {
    form = await request.formData({ limits: { parts: 20, files: 10, fieldSize: 2000, fileSize: 4000, headerSize: 1000 } });
  } catch (error) {
    check(known.includes(error.status), error + ' ' + error.status + error.stack);
    return [String(error.status)];
  }
  const out = [];
  for (const [name, value] of form) {
    check(name.isWellFormed(), 'the name');
    if (typeof value === 'string') out.push('field', name, value);
    else {
      check(value.size <= 4000 && !/[/\\]/.test(value.name), 'the file');
      out.push('file', name, await value.text());
    }
  }
  check(out.length <= 60, 'more than the limit');
  return out;
}

const forms = [false, true].map((extended) => make(express.urlencoded({ extended, limit: '1mb' }), (req, res) => res.json(req.body)));

// What a text is as a query and as a form; the pairs of the simple parser.
export async function urlencoded(text) {
  const simple = make((req, res) => res.json(req.query));
  const nested = make((req, res) => res.json(req.query)).set('query parser', 'extended');
  nested.set('query parser', 'extended');
  for (const app of forms) {
    const res = await app.request('/', { method: 'POST', body: text, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    check(res.status === 200 || known.includes(res.status), 'form: ' + res.status);
    unpolluted();
  }
  if (/[^\x21-\x22\x24-\x7e]/.test(text)) return '';
  check((await nested.request('/?' + text)).status === 200, 'extended');
  unpolluted();
  const res = await simple.request('/?' + text);
  check(res.status === 200, 'simple');
  return res.text();
}
`

// parsers makes the sandbox of a fuzz target.
func parsers(f *testing.F) *host.Sandbox {
	f.Helper()
	return parsersWith(f, "")
}

func parsersWith(f *testing.F, more string) *host.Sandbox {
	f.Helper()
	ctx := context.Background()
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { engine.Close(ctx) })
	dir := f.TempDir()
	sb, err := engine.NewSandbox(ctx, host.SandboxConfig{
		Policy: host.Policy{ReadDirs: []string{dir}, WriteDirs: []string{dir}}, Limits: host.Limits{Memory: 128 << 20},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { sb.Close() })
	if err := sb.EvalModule(ctx, "/parsers.js", expressParsers+more); err != nil {
		f.Fatal(err)
	}
	if _, err := sb.Call(ctx, "/parsers.js#setUp", dir+"/files"); err != nil {
		f.Fatal(err)
	}
	return sb
}

// call calls one of the parsers; it may not take long.
func call[T any](t *testing.T, sb *host.Sandbox, name string, args ...any) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	v, err := host.CallAs[T](ctx, sb, "/parsers.js#"+name, args...)
	if err != nil {
		t.Fatalf("%s(%q): %v", name, args, err)
	}
	return v
}

// headerText is what may stand in a header's value.
func headerText(b []byte) bool {
	return len(b) < 4000 && !bytes.ContainsFunc(b, func(r rune) bool { return r < 0x20 || r > 0x7e })
}

func FuzzCookie(f *testing.F) {
	f.Add([]byte(`a=1; b="x"; a=2; c=%E2%82%AC;d=%zz; e=s:x.y; f=j:{"a":1}`), "n", "value")
	f.Add([]byte(`__proto__=1; constructor=2; =; ; x`), "__proto__", "j:[1]")
	f.Add([]byte(`s=s%3Av.MAC; t=s:.; u=s:`), "s", "s:odd")
	f.Add([]byte(``), "bad name", "\r\nSet-Cookie: x")
	sb := parsers(f)
	f.Fuzz(func(t *testing.T, header []byte, name, value string) {
		if headerText(header) && len(name) < 100 && len(value) < 500 && utf8.ValidString(name) && utf8.ValidString(value) {
			call[any](t, sb, "cookie", strings.TrimSpace(string(header)), name, value)
		}
	})
}

func FuzzRange(f *testing.F) {
	for _, s := range []string{
		"bytes=0-0", "bytes=-5", "bytes=990-", "bytes=0-9,5-20, 30-40", "bytes=5-1", "bytes=-", "bytes=1e3-", "x=0-1", "bytes=",
		"bytes=999-2000,0-0", "bytes=1000-", "bytes=-0", "bytes=99999999999999999999-", "bytes=0-,0-,-1",
	} {
		f.Add([]byte(s))
	}
	sb := parsers(f)
	f.Fuzz(func(t *testing.T, header []byte) {
		if headerText(header) {
			call[any](t, sb, "range", strings.TrimSpace(string(header)))
		}
	})
}

// FuzzMultipart reads bytes as they are, and what Go's writer made of them,
// wherever it is cut.
func FuzzMultipart(f *testing.F) {
	for _, s := range []string{
		"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b--\r\n",
		"pre\r\n--b \t\r\nContent-Disposition: form-data; name=a; filename=\"C:\\\\x\"\r\n\r\n\r\n--b\r\n\r\n--b--",
		"--b\r\n\r\n\r\n--b--", "--b", "\r\n--b\r\n--b\r\n", "--b--", "\r\r\n--\r\n--b",
	} {
		f.Add([]byte(s), byte(len(s)/2))
	}
	sb := parsers(f)
	f.Fuzz(func(t *testing.T, data []byte, cut byte) {
		if len(data) > 5000 {
			return
		}
		size := int(cut)%64 + 1
		raw := call[[]string](t, sb, "multipart", data, "b", size)
		if again := call[[]string](t, sb, "multipart", data, "b", len(data)+1); fmt.Sprint(raw) != fmt.Sprint(again) {
			t.Fatalf("%q in pieces of %d: %q, in one: %q", data, size, raw, again)
		}
		var body bytes.Buffer
		var want []string
		w := multipart.NewWriter(&body)
		for i, part := range bytes.SplitN(data, []byte{0}, 6) {
			text := strings.ToValidUTF8(string(part), "?")
			name := fmt.Sprintf("n%d", i)
			if i%2 == 0 {
				w.WriteField(name, text)
				want = append(want, "field", name, text)
				continue
			}
			p, _ := w.CreateFormFile(name, "file.bin")
			io.WriteString(p, text)
			want = append(want, "file", name, text)
		}
		w.Close()
		got := call[[]string](t, sb, "multipart", body.Bytes(), w.Boundary(), size)
		for i := range want {
			want[i] = strings.TrimPrefix(want[i], "\ufeff") // as TextDecoder does
		}
		if len(data) < 2000 && fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Fatalf("%q in pieces of %d: %q, want %q", body.Bytes(), size, got, want)
		}
	})
}

func FuzzUrlencoded(f *testing.F) {
	for _, s := range []string{
		"a=1&b=2&a=3", "a[b][c]=1&a[b][]=2&a[0]=3", "__proto__[x]=1&constructor[prototype][y]=2", "a=%zz&%=%&&=&=x", "a[]=1&a[]=2&a[5]=x",
		"a%5Bb%5D=c", "[[[[[[[[[[=1", "a[b=c]d=e", "a[1000000000]=x", "toString=1&hasOwnProperty=2", "a=1&a[b]=2&a=3", "x=%E2%82%AC+%2B",
	} {
		f.Add([]byte(s))
	}
	sb := parsers(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4000 || !utf8.Valid(data) {
			return
		}
		text := string(data)
		got := call[string](t, sb, "urlencoded", text)
		values, err := url.ParseQuery(text)
		if got == "" || err != nil || strings.Contains(text, ";") || strings.Count(text, "&") > 900 {
			return
		}
		for _, list := range values {
			for _, v := range list {
				if !utf8.ValidString(v) {
					return
				}
			}
		}
		for k := range values {
			if !utf8.ValidString(k) {
				return
			}
		}
		for k, list := range values {
			want := encodeJSON(list)
			if len(list) == 1 {
				want = encodeJSON(list[0])
			}
			if !strings.Contains(got, encodeJSON(k)+":"+want) {
				t.Fatalf("%q: %s has no %q: %s", text, got, k, want)
			}
		}
	})
}

// FuzzChunked sends a body in chunks: those of the server's own making come back
// as they were, and what Go's decoder makes another body of is refused.
func FuzzChunked(f *testing.F) {
	f.Add([]byte("5\r\nhello\r\n0\r\n\r\n"), []byte("abc"), uint16(1))
	f.Add([]byte("0005;a=b;c=\"d\"\r\nhello\r\n00\r\nT: x\r\n\r\n"), []byte(""), uint16(7))
	f.Add([]byte("5\nhello\n0\n\n"), bytes.Repeat([]byte("x"), 900), uint16(300))
	f.Add([]byte("-1\r\n\r\n0x5\r\nhello\r\n"), []byte("\r\n0\r\n\r\n"), uint16(3))
	f.Add([]byte("ffffffffffffffff1\r\nx"), []byte("0"), uint16(2))
	addr := startServer(f, echoServer)
	const head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
	f.Fuzz(func(t *testing.T, raw, body []byte, size uint16) {
		if len(raw) > 8000 || len(body) > 1000 {
			return
		}
		answer := talk(t, addr, []byte(head), raw)
		if status, got, ok := bytes.Cut(answer, []byte("\r\n\r\n")); ok && bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) {
			want, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(raw)))
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%q is %q, for Go %q, %v", raw, got, want, err)
			}
		}
		chunked := []byte{}
		for rest := body; len(rest) > 0; {
			n := min(len(rest), int(size)%64+1)
			chunked = fmt.Appendf(chunked, "%0*x;e=%d\r\n%s\r\n", int(size>>6)%8, n, size, rest[:n])
			rest = rest[n:]
		}
		chunked = append(chunked, "0\r\nTrailer: x\r\n\r\n"...)
		at := int(size) % len(chunked)
		answer = talk(t, addr, []byte(head), chunked[:at], chunked[at:])
		if status, got, _ := bytes.Cut(answer, []byte("\r\n\r\n")); !bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) || !bytes.Equal(got, body) {
			t.Fatalf("%q came back as %q", chunked, answer)
		}
	})
}

// encodeJSON writes text as JSON.stringify does.
func encodeJSON(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(v)
	s := strings.TrimSpace(b.String())
	for _, r := range [][2]string{{`\u2028`, "\u2028"}, {`\u2029`, "\u2029"}, {`\u007f`, "\u007f"}} {
		s = strings.ReplaceAll(s, r[0], r[1])
	}
	return s
}
