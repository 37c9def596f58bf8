package main

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dialtone/store"
)

// A data directory may have a path that is longer than a socket's may be.
func TestControlReachesAServerBehindALongPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	listener, err := listenControl(dir)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: controlHandler(parts{store: s}, nil, serverInfo{PID: 42})}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	defer func() { server.Close(); <-done }()

	c, err := openControl(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var info serverInfo
	if err := c.ask("GET", "/server", nil, &info); err != nil || info.PID != 42 {
		t.Errorf("%+v, %v", info, err)
	}
	if info, err := os.Stat(filepath.Join(dir, socketName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket's mode is %v: others may use it (%v)", info.Mode(), err)
	}
}

// The store may be held for a moment by a server that does not answer yet.
func TestControlWaitsForAStartingServer(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(200*time.Millisecond, func() { s.Close() })
	c, err := openControl(dir)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestControlWithoutAServerIsTheStore(t *testing.T) {
	dir := t.TempDir()
	if _, err := dialControl(dir); !errors.Is(err, errNotRunning) {
		t.Errorf("%v", err)
	}
	c, err := openControl(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := put(c, "phones", "1000", store.NewPhone("1000", "p", "default"), phones); err != nil {
		t.Fatal(err)
	}
	if all, err := list(c, "phones", phones); err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
	if err := remove(c, "phones", "1001", phones); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
