package host

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/tetratelabs/wazero"
)

// tiny is a module with one function, which compiles at once.
var tiny = []byte("\x00asm\x01\x00\x00\x00" +
	"\x01\x05\x01\x60\x00\x01\x7f" + // a type: () -> i32
	"\x03\x02\x01\x00" + // a function of it
	"\x07\x05\x01\x01f\x00\x00" + // exported as f
	"\x0a\x06\x01\x04\x00\x41\x2a\x0b") // that returns 42

// open makes an engine of tiny with the cache folder, and checks that it runs.
func open(t *testing.T, dir string) (cacheErr error) {
	t.Helper()
	ctx := context.Background()
	e, err := newEngine(ctx, Config{CacheDir: dir}, tiny)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(ctx)
	mod, err := e.runtime.InstantiateModule(ctx, e.compiled, wazero.NewModuleConfig())
	if err != nil {
		t.Fatal(err)
	}
	if r, err := mod.ExportedFunction("f").Call(ctx); err != nil || r[0] != 42 {
		t.Fatal(r, err)
	}
	return e.CacheError()
}

// cacheFiles are the files of the cache: machine code and checksums.
func cacheFiles(t *testing.T, dir string) (code, sums []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir():
		case strings.HasSuffix(p, sumSuffix):
			sums = append(sums, p)
		default:
			code = append(code, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return code, sums
}

// compiles skips where wazero has no compiler, and so nothing to cache.
func compiles(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	if err := open(t, dir); err != nil {
		t.Fatal(err)
	}
	if code, _ := cacheFiles(t, dir); len(code) == 0 {
		t.Skipf("no compiler on %s/%s", runtime.GOOS, runtime.GOARCH)
	}
}

func TestCacheIsMadePrivate(t *testing.T) {
	compiles(t)
	dir := filepath.Join(t.TempDir(), "a", "b")
	for range 2 {
		if err := open(t, dir); err != nil {
			t.Fatal(err)
		}
	}
	if code, sums := cacheFiles(t, dir); len(code) != 1 || len(sums) != 1 {
		t.Error(code, sums)
	}
	info, err := os.Stat(dir)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Error(info.Mode(), err)
	}
}

// A cached file with a wrong byte anywhere, or cut anywhere, is made anew.
func TestDamagedCacheIsRepaired(t *testing.T) {
	t.Parallel()
	compiles(t)
	dir := t.TempDir()
	if err := open(t, dir); err != nil {
		t.Fatal(err)
	}
	code, sums := cacheFiles(t, dir)
	for _, file := range []string{code[0], sums[0]} {
		good, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		damaged := func(i int, content []byte) {
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := open(t, dir); err != nil {
				t.Fatal(filepath.Ext(file), i, err)
			}
			if now, err := os.ReadFile(file); err != nil || string(now) != string(good) {
				t.Fatal(filepath.Ext(file), i, "was not repaired:", err)
			}
		}
		for i := range good {
			flipped := append([]byte(nil), good...)
			flipped[i] ^= 1
			damaged(i, flipped)
			if i%5 == 0 {
				damaged(i, good[:i])
			}
		}
		damaged(len(good), append(append([]byte(nil), good...), 0))
	}
}

// The same for the file of the real engine, without compiling each time.
func TestDamageIsFound(t *testing.T) {
	t.Parallel()
	compiles(t)
	if cached().CacheDir == "" || engine.CacheError() != nil {
		t.Skip("no cache folder here:", engine.CacheError())
	}
	var good []byte
	code, _ := cacheFiles(t, engineCacheDir(cached().CacheDir))
	for _, file := range code {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > len(good) {
			good = b
		}
	}
	if len(good) < 1<<20 {
		t.Fatalf("the engine's code has %d bytes", len(good))
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "code")
	if err := os.WriteFile(file, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sealCache(dir); err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(file + sumSuffix)
	if err != nil {
		t.Fatal(err)
	}
	check := func(want bool, what string, at int) {
		t.Helper()
		sound, err := dropDamaged(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(file); (err == nil) != want || (sound == 1) != want {
			t.Fatalf("%s at %d: the file is there: %v", what, at, !want)
		}
	}
	check(true, "nothing", 0)
	for i := 0; i < len(good); i += 64 << 10 {
		for what, content := range map[string][]byte{"cut": good[:i], "flipped": flip(good, i)} {
			write(t, file, string(content))
			write(t, file+sumSuffix, string(sum))
			check(false, what, i)
		}
	}
}

func flip(b []byte, i int) []byte {
	b = append([]byte(nil), b...)
	b[i] ^= 0x10
	return b
}

// Where there can be no cache, the engine works all the same and says why.
func TestUnusableCache(t *testing.T) {
	compiles(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	write(t, file, "")
	open0 := filepath.Join(dir, "open")
	if err := os.Mkdir(open0, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open0, 0o777); err != nil {
		t.Fatal(err)
	}
	blocked := filepath.Join(dir, "blocked")
	if err := os.Mkdir(blocked, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, engineCacheDir(blocked), "a file where the folder should be")
	foreign := filepath.Join(dir, "foreign")
	if err := os.Mkdir(foreign, 0o700); err != nil {
		t.Fatal(err)
	}
	folders := map[string]string{
		file:                       "file", // a file in place of the folder
		filepath.Join(file, "sub"): "file",
		blocked:                    "engine-",
	}
	if runtime.GOOS != "windows" {
		folders[open0] = "chmod 700"
	}
	if os.Geteuid() == 0 && os.Chown(foreign, 12345, 12345) == nil {
		folders[foreign] = "another user"
	}
	for folder, text := range folders {
		if err := open(t, folder); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want an error with %q", folder, err, text)
		}
	}
}

// Engines that share a folder, one of them new to it, do not disturb each other.
func TestCacheIsShared(t *testing.T) {
	dir := t.TempDir()
	for range 5 {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 5 {
					_ = open(t, dir) // another may have removed what it was about to seal
				}
			})
		}
		wg.Wait()
		if err := open(t, dir); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConfigCheck(t *testing.T) {
	if _, err := NewEngine(t.Context(), Config{CompilationWorkers: -1}); err == nil || !strings.Contains(err.Error(), "CompilationWorkers is -1") {
		t.Error(err)
	}
}
