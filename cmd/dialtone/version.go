package main

import (
	"fmt"
	"runtime"
)

type versionCommand struct{}

func (versionCommand) Help() string {
	return `Example:
  dialtone version`
}

func (versionCommand) Run() error {
	fmt.Printf("dialtone %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
