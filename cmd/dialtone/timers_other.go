//go:build !linux

package main

// relaxTimers has nothing to do.
func relaxTimers() error { return nil }
