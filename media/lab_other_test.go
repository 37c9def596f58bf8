//go:build !linux

package media

var noSockets socketPair

func beFarEnds() {}
