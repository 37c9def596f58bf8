package sip

import "sync"

// mailbox is what a leg still has to do: functions that run one after the other, each
// when the one before has returned. A goroutine comes for them and goes when there is
// nothing left, so a call in which nothing happens holds none.
//
//	put ──► letters ──► work: first, second, … ──► empty: the goroutine ends
type mailbox struct {
	mu      sync.Mutex
	letters []func()
	busy    bool // a goroutine is at work
	closed  bool // what is put in is not taken any more
}

// mailboxSize is how many letters wait before those from the network are refused.
const mailboxSize = 32

// put adds a letter, unless limit wait already or the box is closed. work is started
// in a goroutine of its own if nobody is at work.
func (m *mailbox) put(f func(), limit int, work func()) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || len(m.letters) >= limit {
		return false
	}
	m.letters = append(m.letters, f)
	if !m.busy {
		m.busy = true
		go work()
	}
	return true
}

// next takes the oldest letter; nil: there is none, and whoever was at work goes. With
// last the empty box closes.
func (m *mailbox) next(last bool) func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.letters) == 0 {
		m.busy, m.closed, m.letters = false, last, nil
		return nil
	}
	f := m.letters[0]
	m.letters[0] = nil
	m.letters = m.letters[1:]
	return f
}
