package agi_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dialtone/ivr/simulate"
)

// A menu written with a library that people use runs as it does with Asterisk.
func TestAMenuOnALibraryRuns(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("there is no node (tools/needs.sh installs it)")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/ding-dong")); err != nil {
		t.Fatal(err)
	}
	install := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("the library cannot be installed: %v\n%s", err, out)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	free.Close()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	menuServer := exec.CommandContext(ctx, node, "menu.js", port)
	menuServer.Dir, menuServer.Stderr, menuServer.WaitDelay = dir, os.Stderr, time.Second
	out, err := menuServer.StdoutPipe()
	if err == nil {
		err = menuServer.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if _, err := lines.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	script := caller
	script.Presses = []simulate.Press{{At: 3 * time.Second, Keys: "12"}}
	told, _ := call(script, options(plan(t, fmt.Sprintf("exten = s,1,AGI(agi://127.0.0.1:%s,one)\nexten = two,1,NoOp(${AGISTATUS} ${CHOICE})\n", port))))
	if got := strings.Join(told, "|"); got != "SUCCESS works" {
		t.Errorf("told %q", got)
	}
	time.AfterFunc(2*time.Second, stop) // unless it ends by itself
	said, err := io.ReadAll(lines)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "ding-dong", "said"))
	if err != nil {
		t.Fatal(err)
	}
	if string(said) != string(want) {
		t.Errorf("the library was answered\n%s\nwant\n%s", said, want)
	}
	menuServer.Wait()
}
