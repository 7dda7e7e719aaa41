package http

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// result is what one run of the load measured.
type result struct {
	requests int
	rps      float64
	p50, p99 time.Duration
}

// load keeps conns connections busy for d, each with one request at a time, and
// checks every response against want.
func load(addr, path, want string, conns int, d time.Duration) (result, error) {
	request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: load\r\nAccept: */*\r\n\r\n", path, addr)
	times := make([][]time.Duration, conns)
	errs := make([]error, conns)
	var all sync.WaitGroup
	start := time.Now()
	end := start.Add(d)
	for i := range conns {
		all.Go(func() { times[i], errs[i] = drive(addr, request, want, end) })
	}
	all.Wait()
	took := time.Since(start)
	if err := errors.Join(errs...); err != nil {
		return result{}, err
	}
	flat := slices.Concat(times...)
	slices.Sort(flat)
	n := len(flat)
	if n == 0 {
		return result{}, errors.New("no request was answered in time")
	}
	return result{requests: n, rps: float64(n) / took.Seconds(), p50: flat[n/2], p99: flat[n*99/100]}, nil
}

// drive uses one connection at a time, as many as the server closes.
func drive(addr string, request []byte, want string, end time.Time) (times []time.Duration, err error) {
	var c net.Conn
	var in *bufio.Reader
	defer func() {
		if c != nil {
			c.Close()
		}
	}()
	for {
		start := time.Now()
		if start.After(end) {
			return times, nil
		}
		if c == nil {
			if c, err = net.Dial("tcp", addr); err != nil {
				return times, err
			}
			c.SetDeadline(end.Add(30 * time.Second))
			in = bufio.NewReader(c)
		}
		if _, err := c.Write(request); err != nil {
			return times, err
		}
		body, last, err := readResponse(in)
		if err != nil {
			return times, err
		}
		if body != want {
			return times, fmt.Errorf("%s answered %q, want %q", addr, body, want)
		}
		times = append(times, time.Since(start))
		if last {
			c.Close()
			c = nil
		}
	}
}

// readResponse reads a response that has a Content-Length.
func readResponse(in *bufio.Reader) (body string, last bool, err error) {
	length := -1
	for first := true; ; first = false {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return "", false, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
			return "", false, fmt.Errorf("status line %q", line)
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := strings.Cut(string(line), ":")
		switch value = strings.TrimSpace(value); {
		case strings.EqualFold(name, "Content-Length"):
			if length, err = strconv.Atoi(value); err != nil {
				return "", false, err
			}
		case strings.EqualFold(name, "Connection"):
			last = strings.EqualFold(value, "close")
		}
	}
	if length < 0 || length > 1<<20 {
		return "", false, fmt.Errorf("Content-Length is %d", length)
	}
	buf := make([]byte, length)
	_, err = io.ReadFull(in, buf)
	return string(buf), last, err
}
