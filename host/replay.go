package host

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/wqjs/wqjs/host/internal/tape"
	"github.com/wqjs/wqjs/imports"
)

// ReplayConfig configures Engine.Replay. The zero value discards output.
type ReplayConfig struct {
	// Source, if not nil, is run in the place of the recorded source of the main
	// module, to see where a changed script first does something else. Modules that
	// it imports are the recorded ones.
	Source *string
	// Stdout and Stderr get what the script wrote.
	Stdout, Stderr io.Writer
}

// Replayed is what Engine.Replay has reproduced.
type Replayed struct {
	// Err is the error that the sandbox's last operation ended with: a *JSError, an
	// *ExitError, an *InterruptError and so on; nil for none.
	Err error
	// Calls is how many calls of imports were reproduced.
	Calls uint64
	// Edited is set when ReplayConfig.Source differs from what was recorded.
	Edited bool
}

// DivergenceError reports that a replayed run did something else than the
// recorded one.
type DivergenceError struct {
	// Call is the number of the import's call, from 1.
	Call uint64
	// Want is what the recording has, Got what happened instead, for people.
	Want, Got string
	// Position is "file:line" of the JavaScript that did it, or "".
	Position string
	// Offset is about where in the recording, in bytes.
	Offset int64
}

func (e *DivergenceError) Error() string {
	at := ""
	if e.Position != "" {
		at = " (" + e.Position + ")"
	}
	return fmt.Sprintf("the run diverges from the recording at call %d: the recording has %s, but now comes %s%s", e.Call, e.Want, e.Got, at)
}

// RecordingError reports a recording that is damaged, of another version, or
// that ends before its sandbox does.
type RecordingError struct{ Err error }

func (e *RecordingError) Error() string { return e.Err.Error() }

// Unwrap is the reason.
func (e *RecordingError) Unwrap() error { return e.Err }

// Replay repeats what a Recorder has recorded, in a sandbox of its own that
// reaches nothing: no network, no files, no clock. JavaScript runs as it did,
// and each of its calls of the host is checked against the recording, which also
// has the results. At the end the memory is compared.
//
// Errors are a *DivergenceError, a *RecordingError, or an *InterruptError when
// ctx ended. How the recorded run itself ended is in Replayed.
//
// A recording may come from anybody: it can do no more than a script without
// grants. But it decides how much memory the sandbox has (up to 4 GiB), and one
// with a made-up memory may run forever, even beyond ctx: replay what you do not
// trust in a process that you can kill.
func (e *Engine) Replay(ctx context.Context, recording io.Reader, c ReplayConfig) (Replayed, error) {
	r, h, err := tape.NewReader(recording)
	if err != nil {
		return Replayed{}, &RecordingError{err}
	}
	p, err := e.newPlayer(ctx, r, h, c)
	if err != nil {
		return Replayed{}, err
	}
	err = p.sandbox.enter(ctx, p.run)
	p.sandbox.trapped = true // its instance serves nobody else
	err = errors.Join(err, p.sandbox.Close(), p.image.Close())
	return Replayed{p.outcome, p.calls, p.edited}, err
}

// newPlayer makes a sandbox that starts where the recorded one did.
func (e *Engine) newPlayer(ctx context.Context, r *tape.Reader, h tape.Header, c ReplayConfig) (*player, error) {
	e.life.RLock()
	defer e.life.RUnlock()
	if e.closed {
		return nil, ErrEngineClosed
	}
	if h.Wasm != e.wasmSum() {
		return nil, &RecordingError{fmt.Errorf("the recording was made by wqjs %s with the engine %.16s; this is wqjs %s with the engine %.16s",
			h.Version, h.Wasm, buildVersion(), e.wasmSum())}
	}
	plain, err := e.plainImage(ctx)
	if err != nil {
		return nil, err
	}
	memory, err := recordedImage(r, h)
	if err != nil {
		return nil, &RecordingError{err}
	}
	p := &player{reader: r, header: h, config: c}
	if err := p.names(e); err != nil {
		return nil, &RecordingError{err}
	}
	p.image = &Image{engine: e, maxIdle: 1, users: 1, layout: plain.layout, stack: h.Stack, pages: h.ImagePages}
	if p.image.memory, err = imports.NewImage(memory); err != nil {
		return nil, err
	}
	e.addImage(p.image)
	s, err := e.prepare(ctx, SandboxConfig{Limits: Limits{Memory: h.Memory}})
	if err != nil {
		return nil, errors.Join(err, p.image.Close())
	}
	p.sandbox = s
	if err = p.image.join(); err == nil {
		s.image = p.image
		err = p.start(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close(), p.image.Close())
	}
	return p, nil
}

// recordedImage reads the memory at the start.
func recordedImage(r *tape.Reader, h tape.Header) ([]byte, error) {
	f, err := r.Next()
	if err == nil && f.Kind != tape.KindImage {
		err = errors.New("there is no image")
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("it ends before the image")
	}
	if err != nil {
		return nil, damaged(r, err)
	}
	if h.Memory < minMemory || h.Memory > maxMemory || uint64(h.ImagePages)*wasmPage > h.Memory || h.ImageSize > uint64(h.ImagePages)*wasmPage {
		return nil, damaged(r, fmt.Errorf("an image of %d bytes and %d pages in a memory of %d bytes", h.ImageSize, h.ImagePages, h.Memory))
	}
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(flate.NewReader(bytes.NewReader(f.Data)), int64(h.ImageSize)+1))
	if err != nil || uint64(n) != h.ImageSize {
		return nil, damaged(r, fmt.Errorf("the image has %d bytes, want %d (%v)", n, h.ImageSize, err))
	}
	return b.Bytes(), nil
}

// damaged tells where, unless err does.
func damaged(r *tape.Reader, err error) error {
	var e *tape.Error
	if errors.As(err, &e) {
		return err
	}
	return &tape.Error{Offset: r.Offset(), Text: err.Error()}
}
