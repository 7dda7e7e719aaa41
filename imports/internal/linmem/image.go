package linmem

import "errors"

// Image is what memories can be made copies of: the first bytes of one, with
// zeros behind them. Close frees it; memories that are copies stay as they are,
// but cannot be reset. It may be used by any goroutine.
type Image struct {
	bytes []byte // whole pages, not to be written
	backing
}

// NewImage keeps a copy of memory.
func NewImage(memory []byte) (*Image, error) {
	n := len(memory)
	for n > 0 && memory[n-1] == 0 {
		n--
	}
	img := &Image{}
	if err := img.init(memory[:min((n+pageSize-1)&^(pageSize-1), len(memory))]); err != nil {
		return nil, err
	}
	return img, nil
}

// Size is how many bytes the image has.
func (img *Image) Size() int { return len(img.bytes) }

// Left tells what a Reset left behind.
type Left struct {
	// Private is how many bytes of the image's range are copies of this memory's
	// own, which need no page faults to be written and cost that much memory.
	Private int
	// Deep is set when something below the floor had been written.
	Deep bool
}

var errSize = errors.New("the memory is smaller than its image")

// Copy makes the memory what the image is, for the first time.
func (m *Memory) Copy(img *Image) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if uint64(img.Size()) > m.size.Load() {
		return errSize
	}
	if err := img.copyTo(m.region); err != nil {
		return err
	}
	m.clear(img.Size())
	m.image = img
	return nil
}

// Reset makes the memory what the image of the Copy before is: every byte of it,
// whatever was written. It keeps at most keep bytes of private pages, and none
// when something below floor was written.
func (m *Memory) Reset(keep int, floor uint32) (Left, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.image == nil || m.region == nil {
		return Left{}, errSize
	}
	left, err := m.image.reset(m.region[:m.image.Size()], keep, int(floor))
	if err == nil {
		m.clear(m.image.Size())
	}
	return left, err
}

// clear makes all from n on zero.
func (m *Memory) clear(n int) {
	if size := int(m.size.Load()); size > n {
		zero(m.region[n:size])
	}
}
