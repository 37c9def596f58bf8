package simulate

import (
	"runtime"
	"testing"
	"time"

	"dialtone/ivr"
)

// menuLoop is a menu whose caller never finds the way: variables, expressions, a subroutine, a prompt and a key, over
// and over.
const menuLoop = `
[c]
exten = s,1,Answer()
same = n,Set(RETRIES=0)
same = n(start),Set(RETRIES=$[${RETRIES} + 1])
same = n,GotoIf($["${CALLERID(num)}" = "100"]?vip)
same = n,ExecIf($[${LEN(${EXTEN})} > 1]?NoOp(long))
same = n,Gosub(sub,s,1(${RETRIES}))
same = n(vip),Background(a)
same = n,WaitExten(1)
exten = 1,1,Goto(s,start)
exten = t,1,Goto(s,start)
exten = i,1,Goto(s,start)
[sub]
exten = s,1,Set(LOCAL(x)=${ARG1})
same = n,Return(${x})
`

func BenchmarkSteps(b *testing.B) {
	o := options(load(b, menuLoop), nil)
	steps := 0
	o.Trace = func(ivr.Step) { steps++ }
	script := Script{Sounds: map[string]time.Duration{"a": time.Second}, Patience: 100 * time.Second}
	b.ReportAllocs()
	for b.Loop() {
		ivr.New(New(script), start, o).Execute()
	}
	b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
}

// BenchmarkIdleCall tells what a call holds in memory that waits in its menu: its run, its variables, its caller.
func BenchmarkIdleCall(b *testing.B) {
	const calls = 2000
	o := options(load(b, menuLoop), nil)
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		runs := make([]*ivr.Run, calls)
		for i := range runs {
			c := New(Script{Sounds: map[string]time.Duration{"a": time.Second}, Patience: 20 * time.Second})
			runs[i] = ivr.New(c, start, o)
			runs[i].Execute()
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/calls, "B/call")
		runtime.KeepAlive(runs)
	}
}
