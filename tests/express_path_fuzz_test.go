package tests

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// Routes that C finds by segments, those that it leaves to JavaScript, and a
// mounted router; each answers with its pattern and the parameters.
const pathRoutes = `
const shown = (pattern) => (req, res) => res.json({ pattern, params: req.params });
const routed = express();
routed.set('env', 'test');
const patterns = ['/u/:id', '/two/:a/:b', '/f/*rest', '/o{/:opt}/end'];
for (const pattern of patterns) routed.get(pattern, shown(pattern));
const mounted = express.Router({ mergeParams: true });
mounted.get('/:inner', shown('/m/:outer/:inner'));
routed.use('/m/:outer', mounted);
const routedServer = routed.createServer();
export async function path(url) {
  const res = await routedServer.inject({ url });
  unpolluted();
  return [String(res.status), res.status === 200 ? res.text() : ''];
}
`

var pathPatterns = []struct {
	pattern string
	re      *regexp.Regexp
	names   []string
}{
	{"/u/:id", regexp.MustCompile(`(?i)^/u/([^/]+)/?$`), []string{"id"}},
	{"/two/:a/:b", regexp.MustCompile(`(?i)^/two/([^/]+)/([^/]+)/?$`), []string{"a", "b"}},
	{"/f/*rest", regexp.MustCompile(`(?i)^/f/(.+)$`), []string{"rest"}},
	{"/o{/:opt}/end", regexp.MustCompile(`(?i)^/o(?:/([^/]+))?/end/?$`), []string{"opt"}},
	{"/m/:outer/:inner", regexp.MustCompile(`(?i)^/m/([^/]+)/([^/]+)/?$`), []string{"outer", "inner"}},
}

// mount is where the router lies; its parameter is decoded whatever follows.
var mount = regexp.MustCompile(`(?i)^/m/([^/]+)(?:/|$)`)

// routeOf tells what a path is to give, by other means.
func routeOf(path string) (status int, pattern string, params map[string]any) {
	if m := mount.FindStringSubmatch(path); m != nil {
		if text, err := url.PathUnescape(m[1]); err != nil || !utf8.ValidString(text) {
			return http.StatusBadRequest, "", nil
		}
	}
	for _, p := range pathPatterns {
		m := p.re.FindStringSubmatch(path)
		if m == nil {
			continue
		}
		params = map[string]any{}
		for i, name := range p.names {
			if m[i+1] == "" {
				continue
			}
			text, err := url.PathUnescape(m[i+1])
			if err != nil || !utf8.ValidString(text) {
				return http.StatusBadRequest, "", nil
			}
			params[name] = text
			if name == "rest" {
				list := []any{}
				for part := range strings.SplitSeq(m[i+1], "/") {
					text, _ := url.PathUnescape(part)
					list = append(list, text)
				}
				params[name] = list
			}
		}
		return http.StatusOK, p.pattern, params
	}
	return http.StatusNotFound, "", nil
}

// FuzzPath: routes and their decoded parameters are those that another matcher
// and Go's decoder find.
func FuzzPath(f *testing.F) {
	for _, s := range []string{
		"/u/1", "/U/a%20b/", "/u/%E2%82%AC", "/u/%zz", "/u/%", "/u/%ff", "/u/%2F..%2f", "/u/%00", "/u/__proto__", "/u//", "/u",
		"/two/a/b", "/two/%25/%2", "/two/a+b/:c", "/f/a/b%2Fc//d", "/f/", "/f//", "/f/%c3%28/x", "/o/end", "/o/x/end", "/o//end", "/o/end/end/",
		"/m/1/2", "/m/%41/%zz", "/m/%zz/1", "/m/%", "/m/%/", "/m/1", "/%75/1", "//u/1", "/u/1/../2", "/u/a;b=c", "/two/end", "/M/a/b/",
	} {
		f.Add(s)
	}
	sb := parsersWith(f, pathRoutes)
	f.Fuzz(func(t *testing.T, path string) {
		if len(path) > 500 || !strings.HasPrefix(path, "/") || strings.ContainsFunc(path, func(r rune) bool { return r <= 0x20 || r > 0x7e || r == '?' || r == '#' }) {
			return
		}
		got := call[[]string](t, sb, "path", path)
		status, pattern, params := routeOf(path)
		if want := map[int]string{200: "200", 400: "400", 404: "404"}[status]; got[0] != want {
			t.Fatalf("%q: status %s, want %s", path, got[0], want)
		}
		if status != http.StatusOK {
			return
		}
		var answer struct {
			Pattern string
			Params  map[string]any
		}
		if err := json.Unmarshal([]byte(got[1]), &answer); err != nil || answer.Pattern != pattern || !reflect.DeepEqual(answer.Params, params) {
			t.Fatalf("%q: %s, want %s with %q", path, got[1], pattern, params)
		}
	})
}
