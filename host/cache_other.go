//go:build !unix

package host

import "os"

// checkCacheDir makes dir; who may write to it is left to the system's ACLs,
// which keep a user's cache folder private by default.
func checkCacheDir(dir string) error { return os.MkdirAll(dir, 0o700) }
