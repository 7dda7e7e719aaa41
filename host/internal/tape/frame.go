// Package tape is the file format of recordings: what crossed between a sandbox
// and its host, in order.
//
// A file is the magic and the version of the format, a header of JSON with its
// length and checksum, and blocks. A block is the length of its payload and the
// payload's CRC-32C, both little-endian u32, and at most MaxBlock bytes. Put
// together, the payloads are frames: a byte for the Kind and what the kind has,
// numbers as varints, bytes after their length.
//
// Files may come from anybody: a Reader gives an Error with an offset for what it
// cannot read, and takes no more memory than the file has bytes.
package tape

import "hash/crc32"

// Kind is what a frame tells.
type Kind byte

// Kinds of frames, with the fields of Frame that they have.
const (
	KindImage   Kind = iota + 1 // Data: the memory that the sandbox starts from, deflated
	KindMain                    // Text: the main module's name; Sum: of its source
	KindPut                     // Data: text that goes to memory which the call that follows allocates
	KindPoke                    // Addr, Data: the host wrote to memory
	KindCall                    // Index, Args: of an export, by the host
	KindReturn                  // Result: of the innermost call
	KindTrap                    // Text: how the innermost call failed
	KindImport                  // Index, Args, Inputs: of an import, by the guest
	KindResult                  // Result, Raised, Outputs: of the innermost import
	KindOutcome                 // Outcome: how an operation of the sandbox ended
	KindMemory                  // Sum: of the memory at the end
	KindReset                   // the sandbox starts anew from its image
	KindEnd                     // the sandbox was closed, or trapped
)

// Frame is one of a recording.
type Frame struct {
	Kind    Kind
	Index   int
	Args    []uint64
	Inputs  []Input
	Result  uint64
	Raised  bool     // the interrupt flag was raised
	Outputs [][]byte // what an import wrote, one for each of its outputs
	Addr    uint32
	Data    []byte
	Text    string
	Sum     [32]byte
	Outcome Outcome
}

// Bounds of what a frame may hold.
const (
	maxArgs    = 16
	maxSpans   = 4
	maxText    = 1 << 20
	maxHead    = 80
	maxData    = 1 << 32
	maxHeader  = 1 << 20
	MaxBlock   = 64 << 10
	blockHead  = 8
	fileMagic  = "\x00wqjsrec"
	fileHead   = len(fileMagic) + 4
	headerHead = 8
)

// Version is that of the format.
const Version = 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Input stands for bytes that an import read: their number, checksum and first
// few. Fault is set when they lie outside of the memory.
type Input struct {
	Fault bool
	Size  uint64
	Sum   uint32
	Head  []byte
}

// InputOf describes bytes that lie in parts.
func InputOf(parts [][]byte) Input {
	var in Input
	for _, p := range parts {
		in.Size += uint64(len(p))
		in.Sum = crc32.Update(in.Sum, castagnoli, p)
		in.Head = append(in.Head, p[:min(len(p), maxHead-len(in.Head))]...)
	}
	return in
}

// Same reports whether two stand for the same bytes.
func (in Input) Same(other Input) bool {
	return in.Fault == other.Fault && in.Size == other.Size && in.Sum == other.Sum && string(in.Head) == string(other.Head)
}

// Outcome is how an operation of a sandbox ended: nothing, or one of the kinds of
// package host, with a code and a text.
type Outcome struct {
	Kind byte
	Code int64
	Text string
}

// Header is what a recording was made of.
type Header struct {
	// Version is that of wqjs, for people; Wasm and Image are SHA-256 in
	// hexadecimal, of the engine and of the memory at the start.
	Version string `json:"wqjs"`
	Wasm    string `json:"wasm"`
	Image   string `json:"image"`
	// Arch is GOARCH. Values that are no number have other bits on another one.
	Arch string `json:"arch"`
	// Memory is the limit, ImageSize and ImagePages the size of the memory at the
	// start in bytes and pages, Stack the pointer into the stack then.
	Memory     uint64 `json:"memory"`
	ImageSize  uint64 `json:"imageSize"`
	ImagePages uint32 `json:"imagePages"`
	Stack      uint64 `json:"stack"`
	// Imports and Exports are the names that indexes in frames stand for.
	Imports []string `json:"imports"`
	Exports []string `json:"exports"`
}
