//go:build unix && !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package rootfs

import (
	"os"

	"github.com/tetratelabs/wazero/experimental/sys"
)

func futimes(*os.File, int64, int64) error { return sys.ENOSYS }
