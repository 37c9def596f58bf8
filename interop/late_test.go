package interop

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// lateCalls hear a prompt, in windows of lateWindow.
const (
	lateCalls     = 1000
	lateWindow    = 8 * time.Second
	lateRecorded  = 100 // of them
	lateSetups    = 100 // in a second
	lateCircling  = 10  // calls whose dialplan runs without a pause, which makes garbage
	latePlanLines = 20_000
)

const lateDialplan = benchDialplan + `exten => other,1,Goto(stream,1)
exten => recorded,1,Answer()
same => n,MixMonitor(late-${UNIQUEID}.wav)
same => n(again),Playback(` + benchPrompt + `)
same => n,Goto(again)
`

// lateRow is one experiment.
type lateRow struct {
	what     string
	reload   bool
	setups   int
	circling int
}

// BenchmarkLate shows what makes packets late: the deviation of each packet's arrival from its slot, by the kernel's
// time at the far end, while the server does other things.
func BenchmarkLate(b *testing.B) {
	for b.Loop() {
		measureLateness(b)
	}
	b.ReportMetric(0, "ns/op")
}

func measureLateness(b *testing.B) {
	var plan strings.Builder
	plan.WriteString(lateDialplan)
	for i := range latePlanLines / 4 {
		fmt.Fprintf(&plan, "exten => _9%05dX.,1,Set(X=${EXTEN:1})\nsame => n,GotoIf($[${X} > %d]?bench,setup,1)\nsame => n,Playback(%s)\nsame => n,Hangup()\n", i, i, benchPrompt)
	}
	s := startMeasured(b, plan.String())
	far := startFarEnds(b, s.sip)
	far.do(farOrder{Call: "stream", N: lateCalls - lateRecorded})
	far.do(farOrder{Call: "other", N: lateRecorded})
	time.Sleep(2 * time.Second)

	fmt.Printf("\n\nWhat makes a packet late: %d calls, %d cores, %s; server and far ends share them\n\n", lateCalls, runtime.NumCPU(), runtime.Version())
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tp50\tp99\tp99.9\tmax\tmissing\tserver\tfar ends\tidle\ttaken\tmachine\t ")
	for _, row := range []lateRow{
		{what: "nothing else"},
		{what: "garbage collection", circling: lateCircling},
		{what: "reload each second", reload: true},
		{what: "100 set-ups a second", setups: lateSetups},
	} {
		s.late(b, far, table, row)
	}
	far.do(farOrder{HangUp: "other"})
	far.do(farOrder{Call: "recorded", N: lateRecorded})
	time.Sleep(2 * time.Second)
	s.late(b, far, table, lateRow{what: "100 calls recorded"})
	s.late(b, far, table, lateRow{what: "all together", circling: lateCircling, reload: true, setups: lateSetups})
	table.Flush()
	fmt.Printf(`
Late is how much longer a packet took from its slot to the far end's kernel than the fastest one of its call, in ms. Server, far
ends, idle and taken are in cores: where nothing is idle, other programs make packets late; taken is what the host of a virtual
machine admits to have given to others. Machine is what the machine alone does: by how many ms one in 1000 of equal computations of
about 0.15 ms, made each 5 ms by a thread above all others, took longer than usual. Garbage is made by %d calls whose dialplan runs
without a pause; a reload reads %d lines.

`, lateCircling, latePlanLines)
}

// late does one experiment.
func (s *measured) late(b *testing.B, far farProcess, table *tabwriter.Writer, row lateRow) {
	stop, reloads := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		defer func() { reloads <- n }()
		for row.reload {
			select {
			case <-time.After(time.Second):
				s.reload(b)
				n++
			case <-stop:
				return
			}
		}
		<-stop
	}()
	bare := startYardstick()
	first, cores := scrape(b, s.http), processorTime(b)
	before, theirs, began := s.cpu(b), cpuOfProcess(b, far.pid), time.Now()
	r := far.do(farOrder{Listen: lateWindow.Seconds(), Setups: row.setups, Circling: row.circling})
	took := time.Since(began).Seconds()
	now, excess := processorTime(b), bare.end()
	spare, taken := (now.idle-cores.idle).Seconds()/took, (now.taken-cores.taken).Seconds()/took
	close(stop)
	last := scrape(b, s.http)
	const collections = "go_gc_duration_seconds"
	note := fmt.Sprintf(" %.0f garbage collections", last[collections]-first[collections])
	if n := <-reloads; n > 0 {
		note += fmt.Sprintf(", %d reloads", n)
	}
	if row.setups > 0 {
		note += fmt.Sprintf(", %d set-ups, %d failed", r.Setups, r.Failed)
	}
	fmt.Fprintf(table, "%s\t", row.what)
	for _, d := range r.Late {
		fmt.Fprintf(table, "%.2f\t", ms(d))
	}
	fmt.Fprintf(table, "%d\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%s\n", r.Missing, (s.cpu(b)-before).Seconds()/took, (cpuOfProcess(b, far.pid)-theirs).Seconds()/took, spare, taken, ms(excess), note)
	b.ReportMetric(ms(r.Late[2]), strings.ReplaceAll(row.what, " ", "-")+"-ms-p99.9")
}
