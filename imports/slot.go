package imports

import (
	"context"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/experimental/sysfs"

	"github.com/wqjs/wqjs/imports/internal/linmem"
	"github.com/wqjs/wqjs/imports/internal/rootfs"
)

// Slot is what a wazero instance is bound to for its life: its memory, and the
// place of the Guest that it serves at the time. Its methods are for the
// goroutine that runs the instance, but for those of Guest that say otherwise.
type Slot struct {
	memory *linmem.Memory
	files  rootfs.Switch
	guest  *Guest
}

// NewSlot takes address space for a memory of at most limit bytes.
func NewSlot(limit uint64) (*Slot, error) {
	memory, err := linmem.New(limit)
	if err != nil {
		return nil, err
	}
	return &Slot{memory: memory}, nil
}

// ModuleConfig adds file system, memory and sleep to the configuration and the
// context of the slot's instance.
func (s *Slot) ModuleConfig(ctx context.Context, c wazero.ModuleConfig) (context.Context, wazero.ModuleConfig) {
	fsc := wazero.NewFSConfig().(sysfs.FSConfig).WithSysFSMount(&s.files, "/")
	return experimental.WithMemoryAllocator(ctx, s.memory), c.WithFSConfig(fsc).WithNanosleep(s.nanosleep)
}

func (s *Slot) nanosleep(ns int64) {
	if s.guest != nil {
		s.guest.Nanosleep(ns)
	}
}

// Store32 writes a word of guest memory; any goroutine may call it.
func (s *Slot) Store32(addr, v uint32) { s.memory.Store32(addr, v) }

// Load32 reads a word of guest memory; any goroutine may call it.
func (s *Slot) Load32(addr uint32) uint32 { return s.memory.Load32(addr) }

// SetLimit makes limit bytes the size beyond which the memory does not grow. It
// reports whether the slot can do that: see linmem.Memory.SetLimit.
func (s *Slot) SetLimit(limit uint64) bool { return s.memory.SetLimit(limit) }

// Free gives the memory back; the instance, if there is one, was closed.
func (s *Slot) Free() { s.memory.Free() }

// MemorySize is the size of the memory in bytes.
func (s *Slot) MemorySize() uint64 { return s.memory.Size() }

// Opened says how many files the guest has opened, and whether it read the
// folder "/", which leaves traces in the instance.
func (s *Slot) Opened() (files int, root bool) { return s.files.Used() }

// Image is the memory of a guest at one time.
type Image struct{ img *linmem.Image }

// NewImage keeps a copy of memory.
func NewImage(memory []byte) (*Image, error) {
	img, err := linmem.NewImage(memory)
	if err != nil {
		return nil, err
	}
	return &Image{img}, nil
}

// Size is how many bytes the image has: zeros at the end are left out.
func (i *Image) Size() int { return i.img.Size() }

// Close frees the image. Slots that are copies keep their memory, but cannot be
// reset.
func (i *Image) Close() error { return i.img.Close() }

// Copy makes the slot's memory a copy of i; what is only read stays shared.
func (s *Slot) Copy(i *Image) error { return s.memory.Copy(i.img) }

// Left tells what Reset left behind; see linmem.Left.
type Left = linmem.Left

// Reset makes the memory what it was after Copy; see linmem.Memory.Reset.
func (s *Slot) Reset(keep int, floor uint32) (Left, error) { return s.memory.Reset(keep, floor) }
