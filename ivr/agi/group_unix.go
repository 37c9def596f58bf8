//go:build unix

package agi

import (
	"os/exec"
	"syscall"
)

// ownGroup makes a program the first of a group, so that what it starts ends with it.
func ownGroup(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func hangUpGroup(c *exec.Cmd) { syscall.Kill(-c.Process.Pid, syscall.SIGHUP) }

func killGroup(c *exec.Cmd) { syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
