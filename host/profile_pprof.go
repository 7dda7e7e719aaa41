package host

import (
	"compress/gzip"
	"encoding/binary"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// frame is one of a sample.
type sampleFrame struct {
	sampleFunction
	line uint32
}

type sampleFunction struct {
	name, file string
	line       uint32
}

// overflow stands for the stacks that a profile had no room for.
var overflow = binary.LittleEndian.AppendUint64(nil, 0)

// decode reads frames up to the first that is damaged.
func decode(b string) (frames []sampleFrame) {
	if b == string(overflow) {
		return []sampleFrame{{sampleFunction: sampleFunction{name: "(more stacks than the profile holds)"}}}
	}
	const head = 12
	for len(b) >= head {
		h := []byte(b[:head])
		name, file := int(binary.LittleEndian.Uint16(h[8:])), int(binary.LittleEndian.Uint16(h[10:]))
		if len(b) < head+name+file {
			break
		}
		f := sampleFrame{line: binary.LittleEndian.Uint32(h)}
		f.sampleFunction = sampleFunction{
			name: strings.ToValidUTF8(b[head:head+name], "\uFFFD"),
			file: strings.ToValidUTF8(b[head+name:head+name+file], "\uFFFD"),
			line: binary.LittleEndian.Uint32(h[4:]),
		}
		switch {
		case f.name == "":
			f.name = "(anonymous)"
		case f.name[0] == '<': // "<eval>", of which pprof would leave nothing
			f.name = "(" + strings.Trim(f.name, "<>") + ")"
		}
		frames = append(frames, f)
		b = b[head+name+file:]
	}
	if len(frames) == 0 {
		frames = []sampleFrame{{sampleFunction: sampleFunction{name: "(engine)"}}}
	}
	return frames
}

// WriteTo writes the samples so far in the format of pprof (profile.proto,
// compressed): samples/count and cpu/nanoseconds. The error is w's.
func (p *CPUProfile) WriteTo(w io.Writer) (int64, error) {
	c := &counter{w: w}
	z := gzip.NewWriter(c)
	if _, err := z.Write(p.encode()); err != nil {
		return c.n, err
	}
	err := z.Close()
	return c.n, err
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// encode makes the message. Numbers are those of the fields in profile.proto.
func (p *CPUProfile) encode() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := &pprofEncoder{strings: map[string]uint64{}, functions: map[sampleFunction]uint64{}, locations: map[sampleFrame]uint64{}}
	e.string("")
	var samples, cpu proto
	samples.number(1, e.string("samples")).number(2, e.string("count"))
	cpu.number(1, e.string("cpu")).number(2, e.string("nanoseconds"))
	e.proto.message(1, samples).message(1, cpu)
	for _, key := range slices.Sorted(maps.Keys(p.stacks)) {
		s := p.stacks[key]
		var ids proto
		for _, f := range decode(key) {
			ids = binary.AppendUvarint(ids, e.location(f))
		}
		var m proto
		m.message(1, ids).message(2, binary.AppendUvarint(binary.AppendUvarint(nil, uint64(s.samples)), uint64(s.spent)))
		e.proto.message(2, m)
	}
	if !p.started.IsZero() {
		e.number(9, uint64(p.started.UnixNano())).number(10, uint64(time.Since(p.started)))
	}
	e.proto.message(11, cpu).number(12, uint64(samplePeriod))
	return append(e.proto, e.table...)
}

// pprofEncoder numbers what the message refers to.
type pprofEncoder struct {
	proto
	table     proto // of strings
	strings   map[string]uint64
	functions map[sampleFunction]uint64
	locations map[sampleFrame]uint64
}

func (e *pprofEncoder) string(s string) uint64 {
	id, ok := e.strings[s]
	if !ok {
		id = uint64(len(e.strings))
		e.strings[s] = id
		e.table.message(6, proto(s))
	}
	return id
}

func (e *pprofEncoder) function(f sampleFunction) uint64 {
	id, ok := e.functions[f]
	if !ok {
		id = uint64(len(e.functions) + 1)
		e.functions[f] = id
		name := e.string(f.name)
		var m proto
		m.number(1, id).number(2, name).number(3, name).number(4, e.string(f.file)).number(5, uint64(f.line))
		e.proto.message(5, m)
	}
	return id
}

func (e *pprofEncoder) location(f sampleFrame) uint64 {
	id, ok := e.locations[f]
	if !ok {
		id = uint64(len(e.locations) + 1)
		e.locations[f] = id
		var line, m proto
		line.number(1, e.function(f.sampleFunction)).number(2, uint64(f.line))
		m.number(1, id).message(4, line)
		e.proto.message(4, m)
	}
	return id
}

// proto is a message of protocol buffers.
type proto []byte

func (m *proto) number(field int, v uint64) *proto {
	*m = binary.AppendUvarint(binary.AppendUvarint(*m, uint64(field<<3)), v)
	return m
}

func (m *proto) message(field int, inner proto) *proto {
	*m = binary.AppendUvarint(binary.AppendUvarint(*m, uint64(field<<3|2)), uint64(len(inner)))
	*m = append(*m, inner...)
	return m
}
