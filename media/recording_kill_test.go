package media

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

const recordTo = "MEDIA_TEST_RECORD_TO" // makes TestRecordUntilKilled record into that file

// TestRecordUntilKilled is the process that TestKilledProcessLeavesAFileThatPlays kills.
func TestRecordUntilKilled(t *testing.T) {
	file := os.Getenv(recordTo)
	if file == "" {
		t.Skip("only as a process of its own")
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	r := NewRecording(f)
	for i := range 500 {
		r.Heard(ramp(i*160, 160), false)
		time.Sleep(time.Millisecond) // or it is too fast for any disk
	}
	fmt.Println("recorded")
	select {}
}

// TestKilledProcessLeavesAFileThatPlays has a process that recorded ten seconds killed, with no time
// to close anything.
func TestKilledProcessLeavesAFileThatPlays(t *testing.T) {
	file := filepath.Join(t.TempDir(), "killed.wav")
	child := exec.Command(os.Args[0], "-test.run=^TestRecordUntilKilled$", "-test.v")
	child.Env = append(os.Environ(), recordTo+"="+file)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "recorded"; {
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	wav, err := os.ReadFile(file)
	if err != nil || len(wav) < wavHeaderLen {
		t.Fatalf("%d bytes, %v", len(wav), err)
	}
	f := memoryFile{b: wav}
	stated := int(binary.LittleEndian.Uint32(wav[40:]))
	if stated < 2*9*8000 || stated > len(wav)-wavHeaderLen {
		t.Fatalf("%d bytes of samples stated in a file of %d", stated, len(wav))
	}
	if pcm := f.samples(wavHeaderLen); !slices.Equal(pcm, ramp(0, len(pcm))) {
		t.Error("it holds other samples")
	}
	playsInSox(t, wav, stated/2)
}
