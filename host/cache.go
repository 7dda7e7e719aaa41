package host

import (
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/wqjs/wqjs/wasm"
)

// The cache of compiled code is a folder that wazero writes. Its own checks
// cover the machine code but not the tables beside it, and a damaged table is a
// crash; so each of its files has a checksum in a second file. What does not
// match is removed before wazero sees it, and compiled again.

const sumSuffix = ".crc32c"

// engineCacheDir keys the cache by the engine's content: wazero adds its own
// version below.
func engineCacheDir(dir string) string { return filepath.Join(dir, "engine-"+wasm.Sums[:16]) }

// openCacheDir makes the folder for the engine's code in dir, or says why dir
// cannot be used. A folder that can only be read will do when the code is there.
func openCacheDir(dir string) (string, error) {
	if err := checkCacheDir(dir); err != nil {
		return "", err
	}
	dir = engineCacheDir(dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	sound, err := dropDamaged(dir)
	if err == nil && sound == 0 {
		err = checkWritable(dir) // before a compilation is spent on it
	}
	return dir, err
}

func checkWritable(dir string) error {
	f, err := os.CreateTemp(dir, "writable.*.tmp")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// dropDamaged removes the files of dir that are not as they were written, and
// counts those that are. A file that another process is writing now may go as
// well: it costs that process the cache, not its run.
func dropDamaged(dir string) (sound int, err error) {
	err = eachCached(dir, func(file string) error {
		want, err := os.ReadFile(file + sumSuffix)
		if err == nil {
			var sum string
			if sum, err = checksum(file); err == nil && sum == string(want) {
				sound++
				return nil
			}
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return errors.Join(remove(file), remove(file+sumSuffix))
	})
	return sound, err
}

// sealCache writes the checksums of files that have none.
func sealCache(dir string) error {
	return eachCached(dir, func(file string) error {
		if _, err := os.Lstat(file + sumSuffix); err == nil {
			return nil
		}
		sum, err := checksum(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // another process dropped it
		}
		if err != nil {
			return err
		}
		return writeFile(file+sumSuffix, sum)
	})
}

// eachCached calls f for the files that wazero finished.
func eachCached(dir string, f func(file string) error) error {
	return filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case d.IsDir(), strings.HasSuffix(file, sumSuffix), strings.HasSuffix(file, ".tmp"):
			return nil
		}
		return f(file)
	})
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is the file's length and CRC as text: it finds damage, not malice,
// which the folder's mode keeps out.
func checksum(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := crc32.New(castagnoli)
	n, err := io.Copy(h, f)
	return fmt.Sprintf("%d %s\n", n, hex.EncodeToString(h.Sum(nil))), err
}

// writeFile puts the whole file there or nothing.
func writeFile(file, content string) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = tmp.WriteString(content)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

func remove(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
