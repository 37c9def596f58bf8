package interop

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// scrape is what Prometheus does: GET /metrics, each line as name{label="value"} with its value; of a histogram its count.
func scrape(t testing.TB, addr string) map[string]float64 {
	t.Helper()
	response, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("GET /metrics: %s, %v", response.Status, err)
	}
	values := map[string]float64{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			key := name
			if len(labels) > 0 {
				key += "{" + strings.Join(labels, ",") + "}"
			}
			switch family.GetType() {
			case dto.MetricType_COUNTER:
				values[key] = m.GetCounter().GetValue()
			case dto.MetricType_HISTOGRAM:
				values[key] = float64(m.GetHistogram().GetSampleCount())
			case dto.MetricType_SUMMARY:
				values[key] = float64(m.GetSummary().GetSampleCount())
			default:
				values[key] = m.GetGauge().GetValue()
			}
		}
	}
	return values
}

// What a call does is in the metrics once it is over, and the page for operators has each name.
func TestMetrics(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.mustDialtone("trunk", "add", "carrier", "--address", "192.0.2.7", "--context", "default", "--data", s.data)
	before := scrape(t, s.http)
	if out, err := s.dialtone("call", "nowhere", "--server", s.sip, "--user", "1000", "--password", s.demo["1000"]); err == nil {
		t.Errorf("a call to nowhere: %s", out)
	}
	s.mustDialtone("call", "8899", "--server", s.sip, "--user", "1000", "--password", s.demo["1000"], "--press", "ww1", "--duration", "13s") // until both ends have reported
	var after map[string]float64
	eventually(t, "the call is counted", 5*time.Second, func() bool {
		after = scrape(t, s.http)
		return after[`dialtone_call_duration_seconds`] == 1
	})
	for name, least := range map[string]float64{
		`dialtone_calls_total{cause="16",ended_by="caller"}`:    1,
		`dialtone_calls_refused_total{status="404"}`:            1,
		`dialtone_call_setup_seconds`:                           1,
		`dialtone_call_post_dial_delay_seconds`:                 1,
		`dialtone_trunk_up{trunk="carrier"}`:                    1,
		`dialtone_trunk_calls{trunk="carrier"}`:                 0,
		`dialtone_sip_guesses_total`:                            0,
		`dialtone_bans`:                                         0,
		`dialtone_call_jitter_seconds{direction="received"}`:    1,
		`dialtone_call_mos{direction="received"}`:               1,
		`dialtone_call_loss_ratio{direction="sent"}`:            1,
		`dialtone_call_round_trip_seconds`:                      1,
		`dialtone_digits_total{way="event"}`:                    1,
		`dialtone_rtp_packets_total{direction="sent"}`:          300,
		`dialtone_rtp_packets_total{direction="received"}`:      300,
		`dialtone_scheduler_lateness_seconds`:                   300,
		`dialtone_sip_messages_total`:                           5,
		`dialtone_sounds_cache_bytes`:                           1000,
		`dialtone_store_bytes`:                                  1000,
		`dialtone_rtp_ports{state="resting"}`:                   1,
		`dialtone_rtp_dropped_total{reason="payload type"}`:     0,
		`dialtone_recording_lost_seconds_total`:                 0,
		`dialtone_sip_dropped_total{reason="connection limit"}`: 0,
		`go_goroutines`:                                         1,
		`process_resident_memory_bytes`:                         1,
	} {
		if value, ok := after[name]; !ok || value < least {
			t.Errorf("%s is %v (there: %v), want at least %v", name, value, ok, least)
		}
	}
	for _, name := range []string{`dialtone_calls`, `dialtone_rtp_streams`, `dialtone_rtp_ports{state="used"}`} {
		if after[name] != 0 || before[name] != 0 {
			t.Errorf("%s is %v before the call and %v after it", name, before[name], after[name])
		}
	}

	page, err := os.ReadFile("../docs/monitoring.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, name := range regexp.MustCompile("(?m)^\\| `(dialtone_[a-z_]+)").FindAllSubmatch(page, -1) {
		told[string(name[1])] = true
	}
	given := map[string]bool{}
	for key := range after {
		if name, _, _ := strings.Cut(key, "{"); strings.HasPrefix(name, "dialtone_") {
			given[name] = true
		}
	}
	if page, server := slices.Sorted(maps.Keys(told)), slices.Sorted(maps.Keys(given)); !slices.Equal(page, server) {
		t.Errorf("the table of docs/monitoring.md has\n%v\nthe server\n%v", page, server)
	}
}
