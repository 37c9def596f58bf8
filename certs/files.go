package certs

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// files is a certificate that lies in files, which may change.
type files struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	loaded  *tls.Certificate
	seen    [2]stamp // of the files when they were read last, with or without success
	checked time.Time
}

// stamp tells whether a file is another one than before.
type stamp struct {
	changed time.Time
	size    int64
}

func (f *files) stamps() (s [2]stamp) {
	for i, name := range []string{f.cert, f.key} {
		if info, err := os.Stat(name); err == nil {
			s[i] = stamp{info.ModTime(), info.Size()}
		}
	}
	return s
}

// read takes the files as they are.
func (f *files) read() error {
	f.seen = f.stamps()
	cert, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return fmt.Errorf("the certificate in %s with the key in %s: %w", f.cert, f.key, err)
	}
	f.loaded = &cert
	return nil
}

// current is the certificate; the files are looked at once a second at most.
func (f *files) current(now time.Time) *tls.Certificate {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now.Sub(f.checked) < time.Second {
		return f.loaded
	}
	f.checked = now
	if f.stamps() != f.seen {
		if err := f.read(); err != nil {
			f.log.Error("the certificate was changed and cannot be used: the one before stays in force", "error", err)
		} else {
			f.log.Info("the certificate was read again", "file", f.cert)
		}
	}
	return f.loaded
}
