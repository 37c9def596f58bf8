//go:build !linux

package interop

func runFirst() {}
