package agi

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
)

// Shell runs a command by /bin/sh and gives its exit code. When ctx is done it is
// killed, with all that it started. err: it could not be run, or was killed.
func Shell(ctx context.Context, command string, log *slog.Logger) (code int, err error) {
	c := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	ownGroup(c)
	c.Cancel = func() error {
		killGroup(c)
		return nil
	}
	c.WaitDelay = stopTime // of what has left the group and holds the output
	complaints, write, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	c.Stdout, c.Stderr = write, write
	go (&Process{command: c}).listen(complaints, log)
	err = c.Run()
	write.Close()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	case errors.As(err, &exit) && exit.Exited() && exit.ExitCode() != 127:
		return exit.ExitCode(), nil
	}
	return 0, err
}
