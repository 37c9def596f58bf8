//go:build !unix

package agi

import "os/exec"

// ownGroup does nothing where there are no groups of processes.
func ownGroup(*exec.Cmd) {}

// hangUpGroup does nothing where there are no signals: the end of its input tells the program.
func hangUpGroup(*exec.Cmd) {}

func killGroup(c *exec.Cmd) { c.Process.Kill() }
