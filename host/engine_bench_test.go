package host

import (
	"io/fs"
	"path/filepath"
	"testing"
)

// BenchmarkEngineCompile is NewEngine with an empty cache folder: the engine
// is compiled and written.
func BenchmarkEngineCompile(b *testing.B) {
	var dir string
	for b.Loop() {
		b.StopTimer()
		dir = b.TempDir()
		b.StartTimer()
		newCachedEngine(b, dir)
	}
	b.ReportMetric(float64(folderSize(b, dir)), "cache-B")
}

// BenchmarkEngineLoad is NewEngine with the folder that an earlier one filled.
func BenchmarkEngineLoad(b *testing.B) {
	dir := b.TempDir()
	newCachedEngine(b, dir)
	for b.Loop() {
		newCachedEngine(b, dir)
	}
	b.ReportMetric(float64(folderSize(b, dir)), "cache-B")
}

// newCachedEngine makes an engine with the cache in dir, and closes it.
func newCachedEngine(b *testing.B, dir string) {
	b.Helper()
	e, err := NewEngine(b.Context(), Config{CacheDir: dir})
	if err != nil {
		b.Fatal(err)
	}
	if err := e.CacheError(); err != nil {
		b.Fatal(err)
	}
	if err := e.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// folderSize is the bytes of the files in dir and below.
func folderSize(b *testing.B, dir string) (size int64) {
	b.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return size
}
