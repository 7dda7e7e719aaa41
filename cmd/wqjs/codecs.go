package main

import (
	"io"

	"github.com/andybalholm/brotli"

	"github.com/wqjs/wqjs/host"
)

// codecs are the content codings of the command besides those of the engine.
var codecs = map[string]host.Codec{
	"br": {
		NewWriter: func(w io.Writer, level int) (host.CodecWriter, error) {
			if level < 0 {
				level = 4 // higher ones are too slow for answers made on the fly
			}
			return brotli.NewWriterLevel(w, level), nil
		},
		NewReader: func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
	},
}
