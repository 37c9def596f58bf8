package sip

import (
	"time"
)

// presence is one contact that is registered.
type presence struct {
	phone, uri string
	agent      string
	source     Source
	path       []string
	expires    time.Time
	every      time.Duration // it is asked; 0: never
	ask        time.Time     // zero: not to be asked, or it is being asked
	trip       time.Duration
	answered   bool // ever
	missed     int  // since its last answer
	listens    bool // for another connection, should this one be gone
	lost       bool // the connection is
	index      int  // in due; -1: it is no more
}

// next is when something is due.
func (v *presence) next() time.Time {
	if !v.ask.IsZero() && v.ask.Before(v.expires) {
		return v.ask
	}
	return v.expires
}

func (v *presence) status() ContactStatus {
	switch {
	case v.lost:
		return ContactLost
	case v.answered && v.missed >= missedMost:
		return ContactUnreachable
	case v.answered:
		return ContactReachable
	}
	return ContactRegistered
}

func (v *presence) present() bool {
	status := v.status()
	return status != ContactLost && status != ContactUnreachable
}

func (v *presence) contact() Contact {
	return Contact{
		Phone: v.phone, URI: v.uri, Device: v.agent, Transport: v.source.Transport, Address: v.source.Addr, Path: v.path,
		Status: v.status(), RoundTrip: Milliseconds(v.trip.Seconds() * 1000), Expires: v.expires,
	}
}

// place is that of its connection; zero over UDP.
func (v *presence) place() place {
	if v.source.Transport == "udp" {
		return place{}
	}
	return place{upper(v.source.Transport), v.source.Addr}
}

// dueQueue is a heap of presences, what is due first on top.
type dueQueue []*presence

// Len, Less, Swap, Push and Pop make it a heap.Interface.
func (q dueQueue) Len() int           { return len(q) }
func (q dueQueue) Less(i, j int) bool { return q[i].next().Before(q[j].next()) }
func (q dueQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push is part of heap.Interface.
func (q *dueQueue) Push(x any) {
	v := x.(*presence)
	v.index = len(*q)
	*q = append(*q, v)
}

// Pop is part of heap.Interface.
func (q *dueQueue) Pop() any {
	last := len(*q) - 1
	v := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	v.index = -1
	return v
}
