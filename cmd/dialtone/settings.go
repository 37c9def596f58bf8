package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/alecthomas/kong"

	"dialtone/media"
	"dialtone/sip"
	"dialtone/store"
)

// settings are the server's, each said once: flag, environment, key in the file, help and default come from here.
type settings struct {
	Config   string       `placeholder:"FILE" env:"DIALTONE_CONFIG" help:"Settings file (TOML). Its keys are the names of these flags; flags and environment win over it."`
	Data     string       `default:"./data" placeholder:"DIR" env:"DIALTONE_DATA" help:"Where phones, trunks, registrations, calls, dialplan and sounds are kept. The first start makes it, with a demo (default: ${default})."`
	SIP      []listener   `name:"sip" default:"udp:0.0.0.0:5060,tcp:0.0.0.0:5060" placeholder:"ADDR" sep:"," env:"DIALTONE_SIP" help:"Where to listen: udp:, tcp:, tls:, ws: or wss:HOST:PORT (WebSocket, for telephones in web pages), IPv6 in brackets; may be given several times (default: udp:0.0.0.0:5060 and tcp:0.0.0.0:5060)."`
	HTTP     string       `name:"http" default:"127.0.0.1:9486" placeholder:"ADDR" env:"DIALTONE_HTTP" help:"HOST:PORT of the web address: the REST API, whose programs show a key, and GET /healthz, GET /metrics for Prometheus and GET /events for programs, none of which asks for a password (default: ${default})."`
	HTTPS    string       `name:"https" placeholder:"ADDR" env:"DIALTONE_HTTPS" help:"HOST:PORT of the REST API by TLS, and of nothing else, with the certificate of tls: (default: none)."`
	Origins  []string     `name:"cors-origin" sep:"," placeholder:"ORIGIN" env:"DIALTONE_CORS_ORIGIN" help:"Web pages of which site may use the REST API, as https://pbx.example.org, or * for all; may be given several times."`
	RTPPorts ports        `name:"rtp-ports" default:"20000-29999" placeholder:"LO-HI" env:"DIALTONE_RTP_PORTS" help:"UDP ports for audio, two for each call (default: ${default})."`
	Jitter   jitter       `default:"10-200" placeholder:"MIN-MAX" env:"DIALTONE_JITTER" help:"How long received audio may wait until it is complete and in order, in ms. Within that it waits as long as the line needs (default: ${default})."`
	Dialplan string       `placeholder:"DIR" env:"DIALTONE_DIALPLAN" help:"The dialplan: all *.conf of this directory (default: extensions_extra.d in the data directory)."`
	External netip.Addr   `placeholder:"ADDR" env:"DIALTONE_EXTERNAL" help:"The address under which phones and trunks outside reach this machine, when it is behind NAT."`
	Local    []network    `name:"local-network" sep:"," placeholder:"NETWORK" env:"DIALTONE_LOCAL_NETWORK" help:"Networks, as 192.0.2.0/24, from which this machine is reached at its own address, whatever --external says; may be given several times (default: those that its network cards are in)."`
	SRTP     secrecy      `name:"srtp" default:"optional" placeholder:"WHEN" env:"DIALTONE_SRTP" help:"Encrypted audio (SRTP, keys by SDES) with who signals by tls or wss: off, optional, which is with those who can, or required, which is with nobody else (default: ${default})."`
	DNS      []nameServer `name:"dns" sep:"," placeholder:"ADDR" env:"DIALTONE_DNS" help:"Name servers for trunks and other SIP hosts: ADDR or ADDR:PORT; may be given several times (default: the machine's)."`
	Digest   []string     `sep:"," default:"md5,sha-256" placeholder:"ALGORITHM" env:"DIALTONE_DIGEST" help:"Digest algorithms offered to phones, the preferred one first. Many phones read only the first one, and know only md5 (default: ${default})."`

	Qualify time.Duration `default:"60s" placeholder:"TIME" env:"DIALTONE_QUALIFY" help:"How often each registered phone is asked by OPTIONS whether it is there; with many phones less often, 0 for never (default: ${default})."`

	Trusted      []network `sep:"," placeholder:"NETWORK" env:"DIALTONE_TRUSTED" help:"Addresses and networks, as 192.0.2.0/24, that are never limited nor banned; may be given several times. Trunks and phones that are registered need no naming."`
	StrangerRate int       `default:"100" placeholder:"N" env:"DIALTONE_STRANGER_RATE" help:"SIP messages a second that are taken from one source that is no trunk's and has shown no password of a phone; four times as many at once, 0 for any number (default: ${default})."`

	PhoneCalls          int     `default:"0" placeholder:"N" env:"DIALTONE_PHONE_CALLS" help:"Calls that a phone may have at trunks at once, unless its own record says another number; 0 for any number (default: ${default})."`
	PhoneCallsPerMinute int     `default:"0" placeholder:"N" env:"DIALTONE_PHONE_CALLS_PER_MINUTE" help:"Calls that a phone may begin at trunks in a minute, likewise; 0 for any number (default: ${default})."`
	PhoneAllow          []exten `sep:"," placeholder:"EXTEN" env:"DIALTONE_PHONE_ALLOW" help:"A number that phones may call at trunks, as an extension or a pattern of the dialplan, likewise; may be given several times (default: all)."`

	TLSCert     string   `name:"tls-cert" placeholder:"FILE" env:"DIALTONE_TLS_CERT" help:"The certificate for tls: and wss:, in PEM, with its chain; read again when it changes. Without one, and without --acme, the server makes one, signs it itself and keeps it in the data directory."`
	TLSKey      string   `name:"tls-key" placeholder:"FILE" env:"DIALTONE_TLS_KEY" help:"The certificate's key, in PEM."`
	TLSName     []string `name:"tls-name" sep:"," placeholder:"NAME" env:"DIALTONE_TLS_NAME" help:"Host names and addresses, besides the machine's own, in the certificate that the server makes; may be given several times."`
	TLSClients  string   `name:"tls-clients" placeholder:"FILE" env:"DIALTONE_TLS_CLIENTS" help:"Authorities, in PEM: who connects by TLS must show a certificate of one of them."`
	TLSTrust    string   `name:"tls-trust" placeholder:"FILE" env:"DIALTONE_TLS_TRUST" help:"Authorities, in PEM, whom the server believes besides the machine's, where it connects by TLS itself: trunks, ACME."`
	TLSNoVerify bool     `name:"tls-no-verify" env:"DIALTONE_TLS_NO_VERIFY" help:"Connect by TLS to trunks that cannot prove who they are. Whoever is in between can then hear the calls."`
	ACME        []string `name:"acme" sep:"," placeholder:"DOMAIN" env:"DIALTONE_ACME" help:"Get the certificate for these host names by ACME (Let's Encrypt), and accept its terms; may be given several times."`
	ACMEEmail   string   `name:"acme-email" placeholder:"ADDR" env:"DIALTONE_ACME_EMAIL" help:"Where the authority writes to."`
	ACMEHTTP    string   `name:"acme-http" default:"0.0.0.0:80" placeholder:"ADDR" env:"DIALTONE_ACME_HTTP" help:"HOST:PORT where the authority's requests to port 80 of the host names arrive (default: ${default})."`
	ACMEServer  string   `name:"acme-server" placeholder:"URL" env:"DIALTONE_ACME_SERVER" help:"Another authority's ACME directory."`

	RTPTimeout  time.Duration     `name:"rtp-timeout" default:"60s" placeholder:"TIME" env:"DIALTONE_RTP_TIMEOUT" help:"How long one of two who talk may send no audio before their call is ended, as its telephone is gone; not while one holds. 0: for ever (default: ${default})."`
	SessionTime time.Duration     `name:"session-time" default:"30m" placeholder:"TIME" env:"DIALTONE_SESSION_TIME" help:"How long a call lives without a sign of its telephone or trunk in signalling (RFC 4028), 90s at least; asked at half of it. 0 asks nobody, but obeys who does (default: ${default})."`
	Reliable    bool              `env:"DIALTONE_RELIABLE" help:"Tell callers reliably (PRACK, RFC 3262) that it rings where they say that they can, not only where they require it."`
	MaxCalls    int               `default:"0" placeholder:"N" env:"DIALTONE_MAX_CALLS" help:"Calls at once; more are refused with 503 (default: as many as there are RTP ports)."`
	OmitSilence bool              `env:"DIALTONE_OMIT_SILENCE" help:"Send no RTP while nothing is played. As a rule silence is sent, which keeps NAT bindings and watchdogs of trunks content."`
	SoundMap    map[string]string `default:"/var/lib/wazo/sounds=" placeholder:"PREFIX=DIR" env:"DIALTONE_SOUND_MAP" help:"Directories of sounds that stand for others; an empty DIR is sounds in the data directory (default: /var/lib/wazo/sounds is)."`

	AllowSystem    bool     `env:"DIALTONE_ALLOW_SYSTEM" help:"Let the dialplan run commands by System and TrySystem. Who writes the dialplan then may do whatever the server's user may."`
	AllowEnv       bool     `env:"DIALTONE_ALLOW_ENV" help:"Let the dialplan read and set the server's environment by ENV."`
	AllowFiles     []string `sep:"," placeholder:"DIR" env:"DIALTONE_ALLOW_FILES" help:"Directories in which STAT may look at files; may be given several times."`
	AllowCURL      []string `name:"allow-curl" sep:"," placeholder:"HOST" env:"DIALTONE_ALLOW_CURL" help:"Hosts that CURL may ask: NAME, NAME:PORT, *.DOMAIN, or * for all; may be given several times."`
	AllowSounds    []string `name:"allow-sound-url" sep:"," placeholder:"HOST" env:"DIALTONE_ALLOW_SOUND_URL" help:"Hosts of which Playback and others may play sounds by URL: NAME, NAME:PORT, *.DOMAIN, or * for all but this machine; may be given several times."`
	AllowCalendars []string `name:"allow-calendar-url" sep:"," placeholder:"HOST" env:"DIALTONE_ALLOW_CALENDAR_URL" help:"Hosts that calendars of schedules may be at: NAME, NAME:PORT, *.DOMAIN, or * for all but this machine; may be given several times."`
	AGIDir         string   `name:"agi-dir" placeholder:"DIR" env:"DIALTONE_AGI_DIR" help:"The directory of the programs that AGI may run. As a rule none may be run; agi:// addresses need no setting."`

	RecordDirs   []string      `name:"record-dir" sep:"," placeholder:"DIR" env:"DIALTONE_RECORD_DIR" help:"Directories besides sounds and recordings in the data directory where Record and MixMonitor may write files with absolute names; may be given several times."`
	MaxRecording time.Duration `default:"1h" placeholder:"TIME" env:"DIALTONE_MAX_RECORDING" help:"How long one recording may be, as 90s or 2h (default: ${default})."`

	LogLevel  slog.Level `default:"info" env:"DIALTONE_LOG_LEVEL" placeholder:"LEVEL" help:"debug, info, warn or error; debug follows each call through SIP, media and dialplan (default: ${default})."`
	LogFormat string     `default:"text" enum:"text,json" env:"DIALTONE_LOG_FORMAT" placeholder:"FORMAT" help:"text or json (default: ${default})."`
}

// listener is a sip.Listener as text.
type listener sip.Listener

func (l *listener) UnmarshalText(text []byte) error {
	parsed, err := sip.ParseListener(string(text))
	*l = listener(parsed)
	return err
}

// network is an address or a network as text.
type network netip.Prefix

func (n *network) UnmarshalText(text []byte) error {
	parsed, err := store.ParseAddress(string(text))
	*n = network(parsed)
	return err
}

// nameServer is the address of a name server as text.
type nameServer netip.AddrPort

func (n *nameServer) UnmarshalText(text []byte) error {
	if addr, err := netip.ParseAddr(string(text)); err == nil {
		*n = nameServer(netip.AddrPortFrom(addr, 53))
		return nil
	}
	at, err := netip.ParseAddrPort(string(text))
	if err != nil {
		return fmt.Errorf("%q is no address of a name server (as in 192.0.2.53 or [2001:db8::53]:5353)", text)
	}
	*n = nameServer(at)
	return nil
}

// secrecy is a sip.Secrecy as text.
type secrecy sip.Secrecy

func (s *secrecy) UnmarshalText(text []byte) error {
	for name, value := range map[string]sip.Secrecy{"off": sip.Clear, "optional": sip.Optional, "required": sip.Required} {
		if strings.EqualFold(string(text), name) {
			*s = secrecy(value)
			return nil
		}
	}
	return fmt.Errorf("SRTP %q: it is off, optional or required", text)
}

// ports is a media.PortRange as text.
type ports media.PortRange

func (p *ports) UnmarshalText(text []byte) error {
	parsed, err := media.ParsePortRange(string(text))
	*p = ports(parsed)
	return err
}

// jitter is a media.JitterRange as text.
type jitter media.JitterRange

func (j *jitter) UnmarshalText(text []byte) error {
	parsed, err := media.ParseJitterRange(string(text))
	*j = jitter(parsed)
	return err
}

// settingsFile gives kong what the settings file says.
type settingsFile struct {
	path   string
	text   []byte
	values map[string]any
}

// read finds --config in args or the environment and reads the file. A key that no flag of serve has is an error.
func (f *settingsFile) read(args []string, model *kong.Application) error {
	f.path = os.Getenv("DIALTONE_CONFIG")
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--config="); ok {
			f.path = value
		} else if arg == "--config" && i+1 < len(args) {
			f.path = args[i+1]
		}
	}
	if f.path == "" {
		return nil
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		return fmt.Errorf("the settings file cannot be read: %w", err)
	}
	f.text = text
	var syntax toml.ParseError
	if _, err := toml.Decode(string(text), &f.values); errors.As(err, &syntax) {
		return fmt.Errorf("%s:%d:%d: %s", f.path, syntax.Position.Line, syntax.Position.Col, syntax.Message)
	} else if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	known := map[string]bool{}
	for _, command := range model.Children {
		if command.Name == "serve" {
			for _, flag := range command.Flags {
				known[flag.Name] = flag.Name != "config" && flag.Name != "help"
			}
		}
	}
	for key := range f.values {
		if !known[key] {
			return fmt.Errorf("%s:%d: unknown setting %q (`dialtone serve --help` lists the settings)", f.path, lineOf(text, key), key)
		}
	}
	return nil
}

// lineOf is the line in which a key is set.
func lineOf(text []byte, key string) int {
	at := regexp.MustCompile(`(?m)^\s*(\["?|")?` + regexp.QuoteMeta(key) + `\b`).FindIndex(text)
	if at == nil {
		return 1
	}
	return 1 + bytes.Count(text[:at[0]], []byte("\n"))
}

// Validate implements kong.Resolver; read has seen to it.
func (f *settingsFile) Validate(*kong.Application) error { return nil }

// Resolve gives the value of a flag that was not given, unless the environment has it.
func (f *settingsFile) Resolve(context *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value, ok := f.values[flag.Name]
	if !ok {
		return nil, nil
	}
	for _, env := range flag.Envs {
		if _, set := os.LookupEnv(env); set {
			return nil, nil
		}
	}
	text := valueText(value)
	trial := reflect.New(flag.Target.Type()).Elem()
	if err := flag.Parse(kong.Scan().PushTyped(text, kong.FlagValueToken), trial); err != nil {
		return nil, &settingError{fmt.Errorf("%s:%d: %s: %w", f.path, lineOf(f.text, flag.Name), flag.Name, err)}
	}
	return text, nil
}

// settingError is a value in the settings file that is none, with its place.
type settingError struct{ error }

// valueText writes a value of the file as the flag would be given.
func valueText(value any) string {
	switch v := value.(type) {
	case []any:
		var parts []string
		for _, part := range v {
			parts = append(parts, fmt.Sprint(part))
		}
		return strings.Join(parts, ",")
	case map[string]any:
		var parts []string
		for key, part := range v {
			parts = append(parts, fmt.Sprintf("%s=%v", key, part))
		}
		return strings.Join(parts, ";")
	}
	return fmt.Sprint(value)
}
