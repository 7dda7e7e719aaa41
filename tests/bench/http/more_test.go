package http

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// more is a contender with the routes of wqjsMore and nodeMore.
func (sc scale) more(b *testing.B, name, code, ext string, args func(file string, port int) []string) contender {
	dir := b.TempDir()
	file := filepath.Join(dir, "download")
	f, err := os.Create(file)
	if err == nil {
		err = f.Truncate(sc.download)
		f.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	code = strings.NewReplacer("WORK", "16000", // about 1 ms
		"SIZE", strconv.FormatInt(sc.download, 10), "FILE", file).Replace(code)
	return contender{name: name, file: "more" + ext, code: code, args: args}
}

// scaling compares one worker with two where the load costs next to nothing: a
// route that takes about 1 ms.
func (sc scale) scaling(b *testing.B, t *table) {
	var all []contender
	for _, n := range []string{"1", "2"} {
		all = append(all, sc.more(b, "wqjs serve --workers "+n, wqjsMore, ".js", func(file string, port int) []string {
			return []string{buildWqjs(b), "serve", "--workers", n, "--listen", fmt.Sprintf("127.0.0.1:%d", port), file}
		}))
	}
	rows := inTurns(b, all, sc.rounds, sc.under("/work"))
	for i, r := range rows {
		t.requests("route of about 1 ms", all[i].name, r)
	}
	fmt.Fprintf(t, "| route of about 1 ms | two workers against one | %.2f × | | | | |\n", median(rows[1].rate)/median(rows[0].rate))
}

// downloads measures long responses and the peak of memory.
func (sc scale) downloads(b *testing.B, t *table) {
	all := []contender{sc.more(b, "wqjs:http", wqjsMore, ".js", func(file string, port int) []string {
		return []string{buildWqjs(b), fmt.Sprintf("--allow-listen=127.0.0.1:%d", port), "--allow-read=" + os.TempDir(), file}
	})}
	if node := lookNode(b); node != "" {
		all = append(all, sc.more(b, "node:http", nodeMore, ".mjs", func(file string, _ int) []string { return []string{node, file} }))
	}
	for _, path := range []string{"/generated", "/file"} {
		for i, r := range inTurns(b, all, sc.rounds, sc.fetch(path)) {
			t.download(fmt.Sprintf("%d MiB%s", sc.download>>20, strings.Replace(path, "/", ", ", 1)), all[i].name, r)
		}
	}
}

func (sc scale) fetch(path string) func(c contender, s *server, r *row) error {
	return func(_ contender, s *server, r *row) error {
		start := time.Now()
		res, err := http.Get("http://" + s.addr + path)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		n, err := io.Copy(io.Discard, res.Body)
		if err == nil && n != sc.download {
			err = fmt.Errorf("%s has %d bytes, want %d", path, n, sc.download)
		}
		r.rate = append(r.rate, float64(n)/(1<<20)/time.Since(start).Seconds())
		r.rss = append(r.rss, peakRSS(s.cmd.Process.Pid))
		return err
	}
}
