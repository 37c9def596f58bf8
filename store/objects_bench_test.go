package store

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
)

// numbered makes a store with so many numbers, each an extension with an incall.
func numbered(b *testing.B, n int) *Store {
	b.Helper()
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	for at := 0; at < n; at += 10_000 {
		err := s.Update(func(tx *Tx) error {
			for i := at; i < min(at+10_000, n); i++ {
				if err := tx.PutDID(DID{Number: fmt.Sprintf("+33%09d", i), Context: "default", Exten: "8899"}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return s
}

// How long a start takes with so many incalls and extensions, and what they take in memory.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := numbered(b, n)
			var before, after runtime.MemStats
			for b.Loop() {
				s.Close()
				s.objects.Store(nil)
				runtime.GC()
				runtime.ReadMemStats(&before)
				opened, err := Open(s.Dir(), Options{})
				if err != nil {
					b.Fatal(err)
				}
				s = opened
				b.StopTimer()
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.StartTimer()
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n), "B/number")
			s.Close()
		})
	}
}

// A number is found among 100,000, with its incall.
func BenchmarkNumberIsFound(b *testing.B) {
	s := numbered(b, 100_000)
	defer s.Close()
	i := 0
	for b.Loop() {
		i = (i + 7919) % 100_000
		number := fmt.Sprintf("+33%09d", i)
		s.View(func(tx *Tx) error {
			e, ok := tx.Extension(numbersContext, number)
			if _, _, there := tx.Incalls().Get(e.Of.ID); !ok || !there {
				b.Fatal(number)
			}
			return nil
		})
	}
}

// Changes on disk by one caller after the other, and by many at once, among 10,000 numbers.
func BenchmarkUpdate(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			s := numbered(b, 10_000)
			defer s.Close()
			var next atomic.Int64
			b.SetParallelism(callers)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					n := next.Add(1)
					if err := s.Update(func(tx *Tx) error {
						return tx.PutDID(DID{Number: fmt.Sprintf("+44%09d", n), Context: "default", Exten: "8899"})
					}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
