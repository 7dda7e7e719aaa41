package tape

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// WriteBlocks writes what parts make together as blocks, whatever it is. Tests
// make damaged recordings with it that have the right checksums.
func WriteBlocks(w io.Writer, parts ...[]byte) {
	all := bytes.Join(parts, nil)
	for len(all) > 0 {
		p := all[:min(len(all), MaxBlock)]
		all = all[len(p):]
		head := binary.LittleEndian.AppendUint32(nil, uint32(len(p)))
		_, _ = w.Write(binary.LittleEndian.AppendUint32(head, crc32.Checksum(p, castagnoli)))
		_, _ = w.Write(p)
	}
}

// HeaderSize is where the blocks of a recording start, or 0.
func HeaderSize(file []byte) int64 {
	r, _, err := NewReader(bytes.NewReader(file))
	if err != nil {
		return 0
	}
	return r.next
}

// SplitImage gives the start of a recording, with its first frame in blocks of its
// own, and all other frames.
func SplitImage(file []byte) (head, frames []byte, err error) {
	r, _, err := NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, nil, err
	}
	start := r.next
	f, err := r.Next()
	if err == nil && f.Kind != KindImage {
		err = errors.New("there is no image")
	}
	if err != nil {
		return nil, nil, err
	}
	if frames, err = io.ReadAll(r.rest); err != nil {
		return nil, nil, err
	}
	b := bytes.NewBuffer(bytes.Clone(file[:start]))
	WriteBlocks(b, binary.AppendUvarint([]byte{byte(KindImage)}, uint64(len(f.Data))), f.Data)
	return b.Bytes(), frames, nil
}
