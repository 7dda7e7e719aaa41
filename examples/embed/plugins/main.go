// Command plugins is a plugin host with hot swap: it runs lines of text through
// the plugins of a folder, and takes up changes of the files while it does.
//
//	go run ./examples/embed/plugins                # shows what happens
//	go run ./examples/embed/plugins FOLDER         # lines from standard input
package main

import (
	"bufio"
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"sync"
	"time"
)

//go:embed files
var files embed.FS

func main() {
	ctx := context.Background()
	var err error
	if len(os.Args) > 1 {
		err = serve(ctx, os.Args[1], os.Stdin, os.Stdout)
	} else {
		err = demonstrate(ctx, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve transforms lines with the plugins of a folder, which it watches.
func serve(ctx context.Context, dir string, in io.Reader, out io.Writer) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	f, err := Open(ctx, dir, log.New(os.Stderr, "", 0))
	if err != nil {
		return err
	}
	watching, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { f.Watch(watching, 250*time.Millisecond) })
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		fmt.Fprintln(out, f.Transform(ctx, lines.Text()))
	}
	stop()
	wg.Wait()
	if err := f.Close(); err != nil {
		return err
	}
	return lines.Err()
}

// demonstrate changes plugins under a host that runs.
func demonstrate(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "plugins")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	sub, err := fs.Sub(files, "files")
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, sub); err != nil {
		return err
	}
	f, err := Open(ctx, dir, log.New(out, "  ", 0))
	if err != nil {
		return err
	}
	defer f.Close()
	for _, change := range []struct{ what, file, source string }{
		{"two plugins", "", ""},
		{"a new version", "20-polite.js", "export const transform = (text) => `Would you bring ${text}?`;"},
		{"a broken version leaves the old one", "20-polite.js", "export const transform = (text, language) => text;"},
		{"one that never ends costs its own sandbox", "30-loop.js", "export const transform = (text) => { while (text); };"},
		{"one that asks for too much", "30-loop.js", "import { lookup } from 'wqjs:dns';\nexport const transform = (text) => lookup('example.com');"},
	} {
		fmt.Fprintf(out, "%s:\n", change.what)
		if change.file != "" {
			if err := os.WriteFile(filepath.Join(dir, change.file), []byte(change.source), 0o644); err != nil {
				return err
			}
			if err := f.Update(ctx); err != nil { // what Watch does
				return err
			}
		}
		fmt.Fprintln(out, f.Transform(ctx, "Tee und Kaffee"))
	}
	return nil
}
