package core_test

import (
	"github.com/tetratelabs/wazero/api"

	"github.com/wqjs/wqjs/imports/internal/guest"
)

// module is a caller of which only the memory is asked for.
type module struct {
	api.Module
	memory guest.Memory
}

func (m module) Memory() api.Memory { return m.memory.Memory }
