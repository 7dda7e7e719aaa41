//go:build !unix && !windows

package rootfs

import (
	"os"

	"github.com/tetratelabs/wazero/experimental/sys"
)

// kernelAppends is false: appending is going to the end and writing.
const kernelAppends = false

func setAppend(*os.File, bool) error { return nil }

func futimes(*os.File, int64, int64) error { return sys.ENOSYS }
