package media

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestPortRange(t *testing.T) {
	for text, pairs := range map[string]int{"20000-29999": 5000, "20001-20004": 1, "20000-20001": 1, "20000-20002": 1,
		"20001-20002": -1, "20000": -1, "80-90": -1, "60000-70000": -1, "x-y": -1, "30000-20000": -1, "": -1} {
		r, err := ParsePortRange(text)
		if (err != nil) != (pairs < 0) || err == nil && r.Pairs() != pairs {
			t.Errorf("%q: %d pairs, %v; want %d", text, r.Pairs(), err, pairs)
		}
	}
}

func TestPortsAreEvenOnceEachAndRest(t *testing.T) {
	p := newPorts(PortRange{20001, 20009}, 5*time.Second)
	now := time.Unix(1000, 0)
	seen := map[int]bool{}
	for range 4 {
		port, err := p.take(now)
		if err != nil || port%2 != 0 || port < 20002 || port > 20008 || seen[port] {
			t.Fatalf("port %d, %v", port, err)
		}
		seen[port] = true
	}
	if _, err := p.take(now); !errors.Is(err, ErrNoPorts) {
		t.Fatalf("%v, want ErrNoPorts", err)
	}
	p.give(20004, now)
	p.give(20002, now.Add(time.Second))
	for port, used := range map[int]bool{20001: false, 20002: false, 20003: false, 20004: false, 20006: true, 20007: true, 20010: false, 0: false, 1 << 20: false} {
		if p.uses(port) != used {
			t.Errorf("port %d: used %v, want %v", port, !used, used)
		}
	}
	if used, resting, free := p.counts(now.Add(time.Second)); used != 2 || resting != 2 || free != 0 {
		t.Errorf("%d used, %d rest, %d free; want 2, 2, 0", used, resting, free)
	}
	if _, err := p.take(now.Add(400 * time.Millisecond)); !errors.Is(err, ErrNoPorts) {
		t.Error("given again after less than half a second")
	}
	if port, err := p.take(now.Add(600 * time.Millisecond)); err != nil || port != 20004 {
		t.Errorf("%d, %v: under shortage the one that rested longest is given, want 20004", port, err)
	}
	p.give(20004, now.Add(2*time.Second))
	if port, err := p.take(now.Add(6 * time.Second)); err != nil || port != 20002 {
		t.Errorf("%d, %v: want 20002, which has rested its time", port, err)
	}
}

func TestPortsHeldByOthersAreSkipped(t *testing.T) {
	p := newPorts(PortRange{20000, 20019}, time.Second)
	bind := func(port int) (socketPair, error) {
		if port != 20008 {
			return socketPair{}, fmt.Errorf("bind: %w", errInUse)
		}
		return noSockets, nil
	}
	now := func() time.Time { return time.Unix(1000, 0) }
	if _, port, err := p.open(now, bind); err != nil || port != 20008 {
		t.Errorf("port %d, %v; want 20008", port, err)
	}
	if _, _, err := p.open(now, bind); !errors.Is(err, ErrNoPorts) {
		t.Errorf("%v, want ErrNoPorts", err)
	}
	broken := errors.New("no such device")
	q := newPorts(PortRange{20000, 20019}, time.Second)
	if _, _, err := q.open(now, func(int) (socketPair, error) { return socketPair{}, broken }); !errors.Is(err, broken) {
		t.Errorf("%v, want the reason itself", err)
	}
	if used, _, _ := q.counts(now()); used != 0 {
		t.Errorf("%d pairs are leaked", used)
	}
}
