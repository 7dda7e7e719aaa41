//go:build !linux

package linmem

func huge([]byte) {}
