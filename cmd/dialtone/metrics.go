package main

import (
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"dialtone/dtmf"
	"dialtone/media"
	"dialtone/store"
)

// metrics is what GET /metrics tells, in Prometheus's format: of each call at its end, and of the parts as they are when
// they are asked. docs/monitoring.md has what each name means.
type metrics struct {
	registry *prometheus.Registry
	ended    *prometheus.CounterVec
	refused  *prometheus.CounterVec
	lost     prometheus.Counter
	late     prometheus.Counter
	setup    prometheus.Histogram
	pdd      prometheus.Histogram
	duration prometheus.Histogram
	loss     *prometheus.HistogramVec
	jitter   *prometheus.HistogramVec
	mos      *prometheus.HistogramVec
	trip     prometheus.Histogram
}

// liveHeap is what of Go's own metrics is wanted beside the usual ones: the memory that is in use, garbage left out, as
// the last collection found it (go_gc_heap_live_bytes).
var liveHeap = regexp.MustCompile(`^/gc/heap/live:bytes$`)

// Directions of sound, as labels.
const (
	received = "received" // from the caller to us
	sent     = "sent"     // from us to the caller
)

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.CounterOpts { return prometheus.CounterOpts{Name: name, Help: help} }
	histogram := func(name, help string, buckets ...float64) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		ended:    prometheus.NewCounterVec(counter("dialtone_calls_total", "Calls that are over, by who ended them and the Q.850 cause."), []string{"ended_by", "cause"}),
		refused:  prometheus.NewCounterVec(counter("dialtone_calls_refused_total", "Calls that were refused before their dialplan ran, by SIP status."), []string{"status"}),
		lost:     prometheus.NewCounter(counter("dialtone_rtp_lost_total", "RTP packets that did not reach us, of calls that are over.")),
		late:     prometheus.NewCounter(counter("dialtone_rtp_late_total", "RTP packets that came too late to be heard, of calls that are over.")),
		setup: prometheus.NewHistogram(histogram("dialtone_call_setup_seconds", "From a call's INVITE to its answer, whatever its dialplan does before it answers.",
			.01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30)),
		pdd: prometheus.NewHistogram(histogram("dialtone_call_post_dial_delay_seconds", "From a call's INVITE to the first that its caller is told of the far side: that it rings, sound before the answer, or the answer.",
			.01, .02, .05, .1, .2, .5, 1, 2, 3, 5, 10)),
		duration: prometheus.NewHistogram(histogram("dialtone_call_duration_seconds", "From a call's INVITE to its end.", 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)),
		loss: prometheus.NewHistogramVec(histogram("dialtone_call_loss_ratio", "Share of a call's RTP packets that did not arrive or came too late, by direction; of those sent by the far side's reports.",
			0, .001, .005, .01, .02, .05, .1, .2), []string{"direction"}),
		jitter: prometheus.NewHistogramVec(histogram("dialtone_call_jitter_seconds", "Interarrival jitter (RFC 3550) of a call at its end, by direction.",
			.001, .002, .005, .01, .02, .05, .1), []string{"direction"}),
		mos: prometheus.NewHistogramVec(histogram("dialtone_call_mos", "Estimated mean opinion score (ITU-T G.107) of a call, by direction.",
			2, 2.5, 3, 3.5, 3.8, 4, 4.2, 4.3, 4.41), []string{"direction"}),
		trip: prometheus.NewHistogram(histogram("dialtone_call_round_trip_seconds", "From us to the far side of a call and back, by its last report.",
			.005, .01, .02, .05, .1, .15, .2, .3, .5, 1)),
	}
	about := prometheus.NewGauge(prometheus.GaugeOpts{Name: "dialtone_info", Help: "Always 1; its label is the version.", ConstLabels: prometheus.Labels{"version": version}})
	about.Set(1)
	m.registry.MustRegister(m.ended, m.refused, m.lost, m.late, m.setup, m.pdd, m.duration, m.loss, m.jitter, m.mos, m.trip, about,
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.GoRuntimeMetricsRule{Matcher: liveHeap})), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// callEnded takes in a call that is over.
func (m *metrics) callEnded(r store.CallRecord) {
	m.ended.WithLabelValues(r.EndedBy, strconv.Itoa(r.Cause)).Inc()
	m.duration.Observe(r.End.Sub(r.Start).Seconds())
	if !r.Ring.IsZero() {
		m.pdd.Observe(r.Ring.Sub(r.Start).Seconds())
	}
	if !r.Answer.IsZero() {
		m.setup.Observe(r.Answer.Sub(r.Start).Seconds())
	}
	s := r.Media
	if s == nil {
		return
	}
	m.lost.Add(float64(max(s.Lost, 0)))
	m.late.Add(float64(s.Late))
	if s.Received > 0 {
		m.quality(received, s.Loss, s.Jitter, s.MOS)
	}
	if s.Far != nil {
		m.quality(sent, s.Far.Loss, s.Far.Jitter, s.Far.MOS)
		if s.Far.RoundTrip > 0 {
			m.trip.Observe(s.Far.RoundTrip / 1000)
		}
	}
}

// quality takes in one direction of a call's sound: loss in percent, jitter in ms.
func (m *metrics) quality(direction string, loss, jitter, mos float64) {
	m.loss.WithLabelValues(direction).Observe(loss / 100)
	m.jitter.WithLabelValues(direction).Observe(jitter / 1000)
	m.mos.WithLabelValues(direction).Observe(mos)
}

// callRefused takes in a call that was refused.
func (m *metrics) callRefused(status int) { m.refused.WithLabelValues(strconv.Itoa(status)).Inc() }

// handler answers GET /metrics, of the calls and of the parts.
func (m *metrics) handler(p parts, log *slog.Logger) http.Handler {
	m.registry.MustRegister(p)
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError), Timeout: 10 * time.Second})
}

func described(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("dialtone_"+name, help, labels, nil)
}

// What parts count by themselves, collected when it is asked for.
var (
	liveCalls       = described("calls", "Live calls.")
	openStreams     = described("rtp_streams", "Streams of RTP, each with a pair of ports.")
	portPairs       = described("rtp_ports", "Pairs of RTP ports: used, resting after a call, free.", "state")
	rtpPackets      = described("rtp_packets_total", "RTP packets that were sent, and that were received and believed.", "direction")
	rtpDropped      = described("rtp_dropped_total", "RTP and RTCP packets that were refused, by reason.", "reason")
	rtpUnsent       = described("rtp_unsent_total", "RTP packets that the kernel did not take.")
	slotLateness    = described("scheduler_lateness_seconds", "From the time of a packet's slot to when it was served, in whole milliseconds.")
	slotsSkipped    = described("scheduler_skipped_total", "Slots that were given up because they were more than 60 ms late: packets not sent.")
	digitsHeard     = described("digits_total", "Digits that callers pressed, by the way in which they came.", "way")
	openRecordings  = described("recordings", "Recordings under way.")
	recordingMemory = described("recording_buffer_bytes", "Memory of sound on its way to files.")
	recordingLost   = described("recording_lost_seconds_total", "Sound that is not in its recording because the disk was too slow.")
	recordingFailed = described("recording_failed_total", "Recordings that ended because their file failed.")
	registered      = described("registered_phones", "Phones that are registered somewhere.")
	presentPhones   = described("reachable_phones", "Phones that can be called: registered, and not known to be gone.")
	subscribed      = described("subscriptions", "Lamps and other things that phones are subscribed to.")
	soundBytes      = described("sounds_cache_bytes", "Decoded audio that is kept.")
	soundFiles      = described("sounds_cache_files", "Files of sounds that are kept or being decoded.")
	sipMessages     = described("sip_messages_total", "SIP requests and responses that were read.")
	sipGuesses      = described("sip_guesses_total", "Requests with a password that was wrong, or not looked at as there had been too many.")
	registrations   = described("sip_registrations_total", "REGISTERs that were accepted.")
	bansInForce     = described("bans", "Bans in force, those of operators included.")
	tollsRefused    = described("tolls_refused_total", "Calls to trunks that the limits of their phone did not allow.")
	trunkUp         = described("trunk_up", "1 when a trunk can be called: registered where it is to be, and a server not known to be down.", "trunk")
	trunkCalls      = described("trunk_calls", "Live calls of a trunk, both directions.", "trunk")
	sipDropped      = described("sip_dropped_total", "What came to the SIP sockets and was dropped, by reason.", "reason")
	switchTurns     = described("schedule_switches_total", "How often schedules were switched by hand.")
	switchedByHand  = described("schedules_switched", "Schedules that are switched by hand now.")
	storeBytes      = described("store_bytes", "Size of the database: objects, live calls, call records.")
)

// Describe implements prometheus.Collector.
func (p parts) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(p, out) }

// Collect implements prometheus.Collector.
func (p parts) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge(liveCalls, float64(p.calls.Live()))

	s := p.streams.Stats()
	gauge(openStreams, float64(s.Open))
	gauge(portPairs, float64(s.PortsUsed), "used")
	gauge(portPairs, float64(s.PortsResting), "resting")
	gauge(portPairs, float64(s.PortsFree), "free")
	counter(rtpPackets, s.Sent, sent)
	counter(rtpPackets, s.Received, received)
	for _, reason := range media.Drops() {
		counter(rtpDropped, s.Dropped[reason], reason)
	}
	counter(rtpUnsent, s.Unsent)
	out <- lateness(s.Delays)
	counter(slotsSkipped, s.Skipped)
	for way := range dtmf.Ways {
		counter(digitsHeard, s.Digits[way.String()], way.String())
	}

	counter(switchTurns, p.switches.turns.Load())
	gauge(switchedByHand, float64(p.switches.byHand()))

	r := p.calls.Recordings()
	gauge(openRecordings, float64(r.Open))
	gauge(recordingMemory, float64(r.Memory))
	out <- prometheus.MustNewConstMetric(recordingLost, prometheus.CounterValue, float64(r.Lost)/8000)
	counter(recordingFailed, uint64(r.Failed))

	kept := p.sounds.Stats()
	gauge(soundBytes, float64(kept.Bytes))
	gauge(soundFiles, float64(kept.Files))

	c := p.signalling.Counts()
	counter(sipMessages, c.Messages)
	for reason, n := range map[string]uint64{"garbage": c.Garbage, "oversize": c.Oversize, "stray": c.Strays, "connection limit": c.Refused, "TLS handshake": c.Handshakes, "overload": c.Overload, "rate limit": c.Limited, "banned": c.Banned} {
		counter(sipDropped, n, reason)
	}
	counter(sipGuesses, c.Guesses)
	counter(registrations, c.Registrations)
	gauge(bansInForce, float64(len(p.banned.bans.List(time.Now()))))
	counter(tollsRefused, p.tolls.Refused())
	for _, t := range p.trunks.States() {
		up := 0.
		if t.Usable() {
			up = 1
		}
		gauge(trunkUp, up, t.Name)
		gauge(trunkCalls, float64(t.Calls), t.Name)
	}
	phones, present := p.signalling.RegisteredPhones()
	gauge(registered, float64(phones))
	gauge(presentPhones, float64(present))
	gauge(subscribed, float64(p.signalling.Subscriptions()))
	if size, err := p.store.Size(); err == nil {
		gauge(storeBytes, float64(size))
	}
}

// lateness is the histogram of media's delays.
func lateness(d media.Delays) prometheus.Metric {
	buckets, count := map[float64]uint64{}, uint64(0)
	for i, n := range d.Counts {
		count += n
		if i < len(d.Bounds) {
			buckets[float64(d.Bounds[i])/1000] = count
		}
	}
	return prometheus.MustNewConstHistogram(slotLateness, count, float64(d.Sum)/1000, buckets)
}
