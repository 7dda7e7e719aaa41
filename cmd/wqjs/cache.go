package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"github.com/wqjs/wqjs/host"
	"github.com/wqjs/wqjs/wasm"
)

// cacheDir is where compiled code is kept; "" is nowhere.
func cacheDir() string {
	switch v := os.Getenv("WQJS_CACHE"); v {
	case "off", "0", "none":
		return ""
	case "":
	default:
		return v
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "wqjs")
}

func newEngine(ctx context.Context) (*host.Engine, error) {
	return host.NewEngine(ctx, host.Config{CacheDir: cacheDir(), Codecs: codecs})
}

func cacheCommand(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	what := "path"
	if len(args) > 0 {
		what = args[0]
	}
	dir := cacheDir()
	if dir == "" {
		return fail(stderr, exitError, fmt.Errorf("there is no cache: WQJS_CACHE=%s", os.Getenv("WQJS_CACHE")))
	}
	switch {
	case len(args) > 1:
		return fail(stderr, exitUsage, usagef("wqjs cache takes one argument, got %q", args))
	case what == "path":
		fmt.Fprintln(stdout, dir)
	case what == "clear":
		if err := clearCache(dir); err != nil {
			return fail(stderr, exitError, err)
		}
	case what == "warm":
		e, err := newEngine(ctx)
		if err != nil {
			return fail(stderr, exitError, err)
		}
		defer e.Close(ctx)
		if err := e.CacheError(); err != nil {
			return fail(stderr, exitError, err)
		}
	default:
		return fail(stderr, exitUsage, usagef("wqjs cache %s: want path, clear or warm", what))
	}
	return exitOK
}

// clearCache removes what wqjs put there and nothing else: WQJS_CACHE may name
// any folder.
func clearCache(dir string) error {
	entries, err := filepath.Glob(filepath.Join(dir, "engine-*"))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.RemoveAll(e); err != nil {
			return err
		}
	}
	return nil
}

func printVersion(w io.Writer) {
	version := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	fmt.Fprintf(w, "wqjs %s (QuickJS-NG %s, %s %s/%s)\n", version, wasm.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
