package media

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dialtone/media/g711"
)

// roomLab is a room whose time is stepped by hand, with parties on grids of their own.
type roomLab struct {
	room  *Room
	now   int64 // ms
	seats []*seat
}

// seat is a party as its stream has it: in its slot it sends what it hears, then hears what it says.
type seat struct {
	*Party
	law    g711.Law
	ptime  int64 // ms
	next   int64 // slot
	says   func(pos int64) int16
	late   int64 // ms that its slots are served after their time
	gone   bool  // its stream has ended without a word
	offset int
	first  int64 // room time of what it says first, and hears first
	said   int64
	heard  []byte
	from   int64
}

func newRoomLab() *roomLab {
	l := &roomLab{now: 1000}
	s := &Streams{clock: clock{since: func() time.Duration { return time.Duration(l.now) * time.Millisecond }}}
	l.room = s.NewRoom()
	return l
}

// join adds a party whose first slot is in so many ms.
func (l *roomLab) join(o PartyOptions, law g711.Law, ptime, in int64, says func(int64) int16) *seat {
	s := &seat{Party: l.room.Join(o), law: law, ptime: ptime, next: l.now + in, says: says, first: -1, from: -1}
	l.seats = append(l.seats, s)
	return s
}

// run lets time pass.
func (l *roomLab) run(ms int64) {
	for range ms {
		l.now++
		for _, s := range l.seats {
			if l.now >= s.next+s.late && !s.gone {
				s.serve(l.now)
				s.next += s.ptime
			}
		}
	}
}

func (s *seat) serve(now int64) {
	n := int(s.ptime) * samplesPerMs
	if s.from < 0 {
		s.from = (now*8+roomLen-80)/80*80 - int64(n)
	}
	s.heard = append(s.heard, s.At(s.law, s.offset, n)...)
	s.offset += n
	if s.first < 0 {
		s.first = (now*8 + roomLen) / 80 * 80
	}
	for left := n; left > 0; {
		pcm := make([]int16, min(left, maxPiece))
		for i := range pcm {
			if s.says != nil {
				pcm[i] = s.says(s.first + s.said)
			}
			s.said++
		}
		s.Heard(pcm, false)
		left -= len(pcm)
	}
}

// pcm is what the seat heard.
func (s *seat) pcm() []int16 {
	pcm := make([]int16, len(s.heard))
	s.law.DecodeTo(pcm, s.heard)
	return pcm
}

// noise is another one for each party, a pure function of room time.
func noise(party, amplitude int) func(int64) int16 {
	return func(pos int64) int16 {
		x := uint64(pos)*0x9e3779b97f4a7c15 + uint64(party)*0xbf58476d1ce4e5b9
		x ^= x >> 31
		x *= 0x94d049bb133111eb
		return int16(int(x>>33)%(2*amplitude) - amplitude)
	}
}

func sine(hz, amplitude float64) func(int64) int16 {
	return func(pos int64) int16 { return int16(amplitude * math.Sin(2*math.Pi*hz*float64(pos)/8000)) }
}

// TestEachHearsTheSumOfTheOthers has 32 parties of both laws and all ptimes talk at once, below
// full scale: each hears the others' sum to the sample, and nothing of itself.
func TestEachHearsTheSumOfTheOthers(t *testing.T) {
	l := newRoomLab()
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 32 {
		l.join(PartyOptions{}, g711.Law(i%2), []int64{10, 20, 30, 60}[i%4], 1+random.Int64N(60), noise(i, 500))
	}
	listener := l.join(PartyOptions{ListenOnly: true}, g711.Mu, 20, 3, noise(99, 500))
	l.run(3000)
	for i, s := range l.seats {
		begin := l.seats[0].first + 200*8 // all have begun
		for m, got := range s.heard[begin-s.from:] {
			pos, sum := begin+int64(m), 0
			for j, other := range l.seats {
				if j != i && other != listener {
					sum += int(other.says(pos))
				}
			}
			if want := s.law.Encode(int16(sum)); got != want {
				t.Fatalf("party %d hears %d at %d, want %d", i, s.law.Decode(got), pos, s.law.Decode(want))
			}
		}
		if v := s.voice; v != nil && v.late > 0 {
			t.Errorf("%d samples of party %d came too late", v.late, i)
		}
	}
}

// delay has the talker begin to speak, and gives after how many ms a packet with that leaves.
func (l *roomLab) delay(t *testing.T, talker, hearer *seat) int64 {
	began := int64(-1)
	talker.says = func(int64) int16 {
		if began < 0 {
			began = l.now
		}
		return 5000
	}
	for range 1000 {
		l.run(1)
		if n := len(hearer.heard); n > 0 && hearer.law.Decode(hearer.heard[n-1]) != 0 {
			return l.now - began
		}
	}
	t.Fatal("nothing is heard")
	return 0
}

// TestRoomsDelay has one party begin to speak, for all phases of the two against each other.
func TestRoomsDelay(t *testing.T) {
	for _, test := range []struct{ talks, hears, least, most int64 }{{20, 20, 10, 40}, {10, 10, 10, 30}, {30, 20, 10, 40}, {20, 60, 10, 80}, {60, 20, 10, 40}} {
		least, most := int64(1000), int64(0)
		for a := range test.talks {
			for b := range test.hears {
				l := newRoomLab()
				talker := l.join(PartyOptions{}, g711.Mu, test.talks, 1+a, nil)
				hearer := l.join(PartyOptions{}, g711.Mu, test.hears, 1+b, nil)
				l.run(300)
				d := l.delay(t, talker, hearer)
				least, most = min(least, d), max(most, d)
			}
		}
		if least < test.least || most > test.most {
			t.Errorf("%d ms to %d ms: %d to %d ms later, want %d to %d", test.talks, test.hears, least, most, test.least, test.most)
		}
	}
}

// TestDelayIsMadeUpFor: whatever happened in the beginning or on the way, the delay comes back to
// what it should be while nobody speaks.
func TestDelayIsMadeUpFor(t *testing.T) {
	for name, happens := range map[string]func(l *roomLab, talker, hearer *seat){
		"the talker's first slot is late": func(l *roomLab, talker, _ *seat) { talker.late = 55; l.run(60); talker.late = 0 },
		"the hearer's first slot is late": func(l *roomLab, _, hearer *seat) { hearer.late = 55; l.run(60); hearer.late = 0 },
		"the talker stands still":         func(l *roomLab, talker, _ *seat) { l.run(100); talker.next += 60 },
		"the talker is away":              func(l *roomLab, talker, _ *seat) { l.run(100); talker.next += 700 },
		"the hearer stands still":         func(l *roomLab, _, hearer *seat) { l.run(100); hearer.next += 60 },
		"the hearer is away":              func(l *roomLab, _, hearer *seat) { l.run(100); hearer.next += 700 },
		"all are late":                    func(l *roomLab, a, b *seat) { l.run(100); a.late, b.late = 90, 90; l.run(200); a.late, b.late = 0, 0 },
	} {
		l := newRoomLab()
		talker := l.join(PartyOptions{}, g711.Mu, 20, 1, nil)
		hearer := l.join(PartyOptions{}, g711.Mu, 20, 6, nil)
		happens(l, talker, hearer)
		l.run(2000)
		talker.says = noise(1, 2000)
		l.run(2000)
		talker.says = nil
		l.run(4000)
		if d := l.delay(t, talker, hearer); d < 10 || d > 40 {
			t.Errorf("%s: %d ms later", name, d)
		}
	}
}

// steepest is the greatest step from a sample to the next.
func steepest(pcm []int16) (step int) {
	for i := 1; i < len(pcm); i++ {
		d := int(pcm[i]) - int(pcm[i-1])
		step = max(step, d, -d)
	}
	return step
}

// TestWhoComesAndGoesMakesNoClick listens to a tone whose steps are 1700 at most and by μ-law 512 more; frames
// begin anywhere in its period.
func TestWhoComesAndGoesMakesNoClick(t *testing.T) {
	for name, end := range map[string]func(l *roomLab, s *seat){
		"leaves":                  func(_ *roomLab, s *seat) { s.Leave() },
		"is muted":                func(_ *roomLab, s *seat) { s.Mute(true) },
		"is muted and heard anew": func(l *roomLab, s *seat) { s.Mute(true); l.run(333); s.Mute(false); l.run(333); s.Leave() },
		"vanishes":                func(_ *roomLab, s *seat) { s.gone = true },
		"is softer, then vanishes": func(l *roomLab, s *seat) {
			s.SetVolume(-20)
			l.run(100)
			s.gone = true
		},
		"is late, then not":        func(l *roomLab, s *seat) { s.late = 70; l.run(500); s.late = 0; l.run(500); s.Leave() },
		"stands still for a while": func(l *roomLab, s *seat) { s.late = 400; l.run(700); s.late = 0; l.run(500); s.Leave() },
	} {
		t.Run(name, func(t *testing.T) {
			for phase := range int64(40) {
				l := newRoomLab()
				s := l.join(PartyOptions{}, g711.Mu, 20, 1+phase%20, sine(217, 10000))
				hearer := l.join(PartyOptions{}, g711.Mu, 20, 7, nil)
				l.run(300 + phase)
				end(l, s)
				l.run(600)
				pcm := hearer.pcm()
				if step := steepest(pcm); step > 2600 {
					t.Fatalf("a step of %d", step)
				}
				if slices.Max(pcm) < 9000 || slices.Max(pcm[len(pcm)-800:]) != 0 {
					t.Fatalf("heard up to %d, at the end %d", slices.Max(pcm), slices.Max(pcm[len(pcm)-800:]))
				}
				if len(l.room.talkers) != 0 {
					t.Fatal("still among the talkers")
				}
			}
		})
	}
}

// TestLateOneDoesNotStallTheOthers: what the others say is heard to the sample meanwhile.
func TestLateOneDoesNotStallTheOthers(t *testing.T) {
	l := newRoomLab()
	late := l.join(PartyOptions{}, g711.Mu, 20, 1, noise(1, 3000))
	talker := l.join(PartyOptions{}, g711.Mu, 20, 5, noise(2, 3000))
	hearer := l.join(PartyOptions{ListenOnly: true}, g711.A, 20, 9, nil)
	l.run(500)
	late.late = 55
	l.run(190)
	if late.Stats().Late == 0 {
		t.Error("nothing was late")
	}
	late.gone = true
	l.run(500)
	if n := len(l.room.talkers); n != 1 {
		t.Errorf("%d among the talkers when one is left", n)
	}
	whole, alone := 0, 0
	for m, got := range hearer.heard {
		pos := hearer.from + int64(m)
		switch got {
		case hearer.law.Encode(talker.says(pos)):
			alone++
		case hearer.law.Encode(talker.says(pos) + late.says(pos)):
			whole++
		}
	}
	if n := len(hearer.heard); whole < n/3 || alone < n/3 || whole+alone < n*9/10 {
		t.Errorf("of %d samples %d are both, %d the one who is not late", n, whole, alone)
	}
	if len(late.heard) < 400 || late.room.clock.ms() != l.now {
		t.Error("the lab stands still")
	}
}

// TestLateByAMarginIsHeardWhole: slots that are served up to 10 ms late lose nothing.
func TestLateByAMarginIsHeardWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	l := newRoomLab()
	for i := range 8 {
		l.join(PartyOptions{}, g711.Mu, 20, 1+random.Int64N(20), noise(i, 2000))
	}
	for range 300 {
		for _, s := range l.seats {
			s.late = random.Int64N(9)
		}
		l.run(10)
	}
	for i, s := range l.seats {
		if late := s.Stats().Late; late > 0 {
			t.Errorf("%d samples of party %d came too late", late, i)
		}
	}
}

// TestManyWhoShoutStayVoices: far above full scale the sum is turned down, not cut off, and comes
// back when only one talks.
func TestManyWhoShoutStayVoices(t *testing.T) {
	l := newRoomLab()
	for i := range 32 {
		l.join(PartyOptions{}, g711.Mu, 20, 1, sine(200+float64(i)*53, 9000))
	}
	hearer := l.join(PartyOptions{ListenOnly: true}, g711.Mu, 20, 3, nil)
	l.run(2000)
	pcm := hearer.pcm()[4000:]
	cut, cross, own, there := 0, 0.0, 0.0, 0.0
	for i, s := range pcm {
		sum := 0.0
		for _, seat := range l.seats[:32] {
			sum += float64(seat.says(hearer.from + 4000 + int64(i)))
		}
		if s > 32000 || s < -32000 {
			cut++
		}
		cross, own, there = cross+sum*float64(s), own+sum*sum, there+float64(s)*float64(s)
	}
	likeness := cross / math.Sqrt(own*there)
	t.Logf("likeness %.3f, %d of %d samples near full scale", likeness, cut, len(pcm))
	if likeness < 0.95 || cut > len(pcm)/50 {
		t.Errorf("the sum resembles what is heard by %.3f, %d of %d samples are at full scale", likeness, cut, len(pcm))
	}
	for _, s := range l.seats[1:32] {
		s.Leave()
	}
	l.run(2000)
	tail := hearer.heard[len(hearer.heard)-1600:]
	for i, got := range tail {
		if want := g711.Mu.Encode(l.seats[0].says(hearer.from + int64(len(hearer.heard)-1600+i))); got != want {
			t.Fatalf("the last one is heard as %d, want %d", g711.Mu.Decode(got), g711.Mu.Decode(want))
		}
	}
}

func TestPartyOptions(t *testing.T) {
	for name, test := range map[string]struct {
		o    PartyOptions
		do   func(p *Party)
		want float64 // of what is said; 0: silence
	}{
		"as it is":      {PartyOptions{}, func(*Party) {}, 1},
		"louder":        {PartyOptions{}, func(p *Party) { p.SetVolume(6.0206) }, 2},
		"softer":        {PartyOptions{}, func(p *Party) { p.SetVolume(-20) }, 0.1},
		"much too loud": {PartyOptions{}, func(p *Party) { p.SetVolume(1000) }, 10},
		"muted":         {PartyOptions{}, func(p *Party) { p.Mute(true) }, 0},
		"heard again":   {PartyOptions{}, func(p *Party) { p.Mute(true); p.Mute(false) }, 1},
		"listens only":  {PartyOptions{ListenOnly: true}, func(p *Party) { p.Mute(false); p.SetVolume(3) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := newRoomLab()
			talker := l.join(test.o, g711.Mu, 20, 1, sine(400, 2000))
			hearer := l.join(PartyOptions{}, g711.A, 20, 5, nil)
			test.do(talker.Party)
			l.run(1000)
			if got := float64(slices.Max(hearer.pcm()[4000:])); math.Abs(got-2000*test.want) > 80*max(test.want, 0.2) {
				t.Errorf("heard up to %.0f, want %.0f", got, 2000*test.want)
			}
			if got := slices.Max(talker.pcm()); got > 8 {
				t.Errorf("it hears itself, up to %d", got)
			}
			if talks := talker.Stats().Talking; talks != (test.want > 0) {
				t.Errorf("it is said to talk: %v", talks)
			}
		})
	}
}

// TestRoomOfStreams is the way of the doc comment: packets in, packets out.
func TestRoomOfStreams(t *testing.T) {
	l := newLab(t, Config{})
	room := l.streams.NewRoom()
	mu, a := muParams(), muParams()
	a.Law, a.PayloadType, a.Ptime = g711.A, 8, 30
	talker, hearer := l.stream(&mu), l.stream(&a)
	parties := []*Party{room.Join(PartyOptions{}), room.Join(PartyOptions{})}
	var over []<-chan struct{}
	for i, st := range []*Stream{talker, hearer} {
		st.Tap(parties[i].Heard)
		over = append(over, st.Play(parties[i]))
	}
	said := g711.Mu.Encode(4000)
	for i := range 100 {
		packet := rtpPacket(header{seq: uint16(i), timestamp: uint32(i * 160), ssrc: 1}, slices.Repeat([]byte{said}, 160))
		l.hear(talker, there, packet)
		l.step(20)
	}
	heard := 0
	for _, p := range l.take() {
		law := g711.Law(g711.Mu)
		if p.st == hearer {
			law = g711.A
		}
		for _, b := range p.payload {
			switch level := law.Decode(b); {
			case p.st == talker && (level > 8 || level < -8):
				t.Fatal("the talker hears itself")
			case p.st == hearer && law.Encode(g711.Mu.Decode(said)) == b:
				heard++
			}
		}
	}
	if heard < 1700*8 || heard > 2000*8 {
		t.Errorf("%d ms of 2000 are heard", heard/8)
	}
	for i, p := range parties {
		if closedNow(over[i]) {
			t.Error("over while it is in the room")
		}
		p.Leave()
		p.Leave()
	}
	l.step(60)
	if !closedNow(over[0]) || !closedNow(over[1]) {
		t.Error("what plays goes on when the party has left")
	}
}

func TestRoomAllocatesNothing(t *testing.T) {
	l := newRoomLab()
	pcm := ramp(0, 160)
	for i := range pcm {
		pcm[i] *= 50
	}
	var parties []*Party
	for range 40 {
		parties = append(parties, l.room.Join(PartyOptions{}))
	}
	offset := 0
	slot := func() {
		l.now += 20
		for _, p := range parties {
			p.At(g711.Law(offset%2), offset, 160)
			p.Heard(pcm, false)
		}
		offset += 160
	}
	slot()
	if n := testing.AllocsPerRun(500, slot); n != 0 {
		t.Errorf("%v allocations per slot of 40 parties who talk", n)
	}
	if len(l.room.talkers) != 40 {
		t.Errorf("%d talk", len(l.room.talkers))
	}
}

// TestRoomUnderAnything has parties come, go, stall and listen as they like. One of them alone
// speaks: it never hears a thing, and the others nothing louder than what it says.
func TestRoomUnderAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newRoomLab()
		talker := l.join(PartyOptions{}, g711.Mu, 20, 1, sine(300, 5000))
		for range rapid.IntRange(1, 40).Draw(t, "doings") {
			who := l.seats[rapid.IntRange(0, len(l.seats)-1).Draw(t, "who")]
			switch rapid.IntRange(0, 6).Draw(t, "what") {
			case 0:
				l.join(PartyOptions{ListenOnly: rapid.Bool().Draw(t, "listens")}, g711.A, rapid.Int64Range(10, 60).Draw(t, "ptime"), 1, nil)
			case 1:
				if who != talker {
					who.Leave()
				}
			case 2:
				who.Mute(rapid.Bool().Draw(t, "mute"))
			case 3:
				who.SetVolume(rapid.Float64Range(-40, 0).Draw(t, "volume"))
			case 4:
				who.late = rapid.Int64Range(0, 600).Draw(t, "late")
			case 5:
				who.gone = !who.gone
			case 6:
				l.now += rapid.Int64Range(0, 1000).Draw(t, "pause") // nobody is served
			}
			l.run(rapid.Int64Range(0, 200).Draw(t, "ms"))
		}
		for i, s := range l.seats {
			most := int16(5300)
			if s == talker {
				most = 8
			}
			for m, level := range s.pcm() {
				if level > most || level < -most {
					t.Fatalf("party %d hears %d at %d", i, level, m)
				}
			}
		}
	})
}

// TestShardsMeetInARoom is for the race detector.
func TestShardsMeetInARoom(t *testing.T) {
	s := &Streams{clock: newClock()}
	room := s.NewRoom()
	var all sync.WaitGroup
	for shard := range 4 {
		all.Add(1)
		go func() {
			defer all.Done()
			pcm := ramp(0, 160)
			for round := range 20 {
				a, b := room.Join(PartyOptions{}), room.Join(PartyOptions{ListenOnly: true})
				for slot := range 25 {
					a.At(g711.Mu, slot*160, 160)
					b.At(g711.A, slot*160, 160)
					a.Heard(pcm, false)
					a.Mute(slot%10 == shard)
					if a.More() {
						a.SetVolume(float64(round))
					}
					a.Stats()
					time.Sleep(20 * time.Microsecond)
				}
				a.Leave()
				b.Leave()
			}
		}()
	}
	all.Wait()
}

// BenchmarkRoom is a second of one party of a room, all parties on one shard: without the stream, which
// costs what any other stream does. Few talk, or all.
func BenchmarkRoom(b *testing.B) {
	for _, n := range []int{2, 32, 100, 300} {
		for _, talk := range []int{1, 3, n} {
			b.Run(fmt.Sprintf("parties%d-talk%d", n, talk), func(b *testing.B) {
				l := newRoomLab()
				quiet, loud := make([]int16, 160), make([]int16, 160)
				var parties []*Party
				for i := range n {
					parties = append(parties, l.room.Join(PartyOptions{}))
					loud[i%160] = int16(i%7*300 - 900)
				}
				slot := 0
				next := func() {
					for phase := range 20 {
						l.now++
						for i := phase; i < n; i += 20 {
							parties[i].At(g711.Law(i%2), slot*160, 160)
							pcm := quiet
							if i < talk {
								pcm = loud
							}
							parties[i].Heard(pcm, false)
						}
					}
					slot++
				}
				next()
				b.ResetTimer()
				for b.Loop() {
					next()
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/(float64(slot-1)*float64(n)/50), "µs/party-s")
			})
		}
	}
}
