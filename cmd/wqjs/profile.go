package main

import (
	"errors"
	"os"

	"github.com/wqjs/wqjs/host"
)

// cpuProfile is the profile of --cpu-profile, or nil.
type cpuProfile struct {
	host.CPUProfile
	file *os.File
}

// openProfile makes the file before the run, so that a wrong path shows at once.
func openProfile(path string) (*cpuProfile, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, usagef("--cpu-profile: %v", err)
	}
	return &cpuProfile{file: f}, nil
}

func (p *cpuProfile) samples() *host.CPUProfile {
	if p == nil {
		return nil
	}
	return &p.CPUProfile
}

func (p *cpuProfile) write() error {
	if p == nil {
		return nil
	}
	_, err := p.WriteTo(p.file)
	return errors.Join(err, p.file.Close())
}
