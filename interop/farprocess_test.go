package interop

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"
)

// farEndsVariable makes TestMain a process of far ends for the server at its value: what they do must cost the process
// that measures nothing, and the server least.
const farEndsVariable = "DIALTONE_INTEROP_FAR_ENDS"

// farOrder is what the far ends are to do, a line of JSON each; each is answered by a farReport.
type farOrder struct {
	Call     string  `json:"call,omitempty"`   // place N calls to this extension, 100 in a second, and keep them
	HangUp   string  `json:"hangup,omitempty"` // hang up the calls to this extension
	N        int     `json:"n,omitempty"`
	Listen   float64 `json:"listen,omitempty"`   // seconds: tell how the packets came
	Setups   int     `json:"setups,omitempty"`   // meanwhile: so many calls set up and ended in a second
	Circling int     `json:"circling,omitempty"` // meanwhile: so many calls whose dialplan runs without a pause
}

// farReport is what they say of it.
type farReport struct {
	Error   string          `json:"error,omitempty"`
	Packets int             `json:"packets"`
	Missing int             `json:"missing"` // of those that their number and time ask for
	Late    []time.Duration `json:"late"`    // 50, 99 and 99.9 of 100 packets were no later than this, and the latest one
	Setups  int             `json:"setups"`
	Failed  int             `json:"failed"` // set-ups
}

// farProcess is the far ends, seen from the test.
type farProcess struct {
	t   testing.TB
	pid int
	in  *json.Encoder
	out *json.Decoder
}

func startFarEnds(t testing.TB, server string) farProcess {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), farEndsVariable+"="+server)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the far ends ended with %v", err)
		}
	})
	return farProcess{t, cmd.Process.Pid, json.NewEncoder(in), json.NewDecoder(out)}
}

// do gives an order and waits for its report.
func (p farProcess) do(order farOrder) (r farReport) {
	p.t.Helper()
	if err := p.in.Encode(order); err != nil {
		p.t.Fatal(err)
	}
	if err := p.out.Decode(&r); err != nil {
		p.t.Fatalf("the far ends do not answer: %v", err)
	}
	if r.Error != "" {
		p.t.Fatalf("far ends: %s", r.Error)
	}
	return r
}

// beFarEnds is the process.
func beFarEnds(server string) error {
	f, err := newFarEnds(server)
	if err != nil {
		return err
	}
	go f.run()
	orders, reports := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	for orders.Scan() {
		var order farOrder
		err := json.Unmarshal(orders.Bytes(), &order)
		var report farReport
		if err == nil {
			report, err = f.follow(order)
		}
		if err != nil {
			report.Error = err.Error()
		}
		if err := reports.Encode(report); err != nil {
			return err
		}
	}
	for _, e := range f.ends {
		e.leg.Hangup(16)
	}
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	return f.agent.Shutdown(ctx)
}
