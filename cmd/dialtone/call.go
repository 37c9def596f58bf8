package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"dialtone/call/softphone"
	"dialtone/dtmf"
	"dialtone/media"
	"dialtone/sip"
)

type callCommand struct {
	dataFlag
	Target   string        `arg:"" help:"A number at the server, or a sip: URI."`
	Server   string        `placeholder:"ADDR" help:"HOST[:PORT], with tcp: or tls: before it for TCP or TLS (default: the host of a sip: URI, else the server that runs on the data directory)."`
	User     string        `placeholder:"U" help:"The account to call from (default: 1000 of the server that runs on the data directory; none with --server or at another host)."`
	Password string        `placeholder:"P" help:"Its password."`
	Press    string        `placeholder:"KEYS" help:"Keys to press after the answer: 0-9, *, #, A-D; w waits a second."`
	DTMF     string        `name:"dtmf" default:"rfc4733" enum:"rfc4733,inband,info" placeholder:"WAY" help:"How keys are sent: rfc4733, inband (tones; events are not offered) or info (default: ${default})."`
	Record   string        `placeholder:"FILE.wav" help:"Write what is heard to a WAV file."`
	Duration time.Duration `placeholder:"D" help:"Hang up so long after the answer, e.g. 30s (default: the far side hangs up)."`
	Timeout  time.Duration `default:"60s" placeholder:"D" help:"Give up when there is no answer in this time (default: ${default})."`
	JSON     bool          `help:"Print each event as a line of JSON."`
	Verbose  bool          `short:"v" help:"Log the signalling."`
}

func (callCommand) Help() string {
	return `Prints what happens, with the seconds since the call was placed. The exit code is 0 when the call was answered.

Examples:
  dialtone call 8899 --press wwwwwwwwww1              ten seconds after the answer, 1
  dialtone call 8899 --press ww1w2 --dtmf inband --record heard.wav
  dialtone call 8899 --server 192.0.2.1 --user 1000 --password SECRET --duration 20s
  dialtone call sip:echo@sip.example.com              at another host, without an account`
}

// Run places the call and follows it to its end.
func (c callCommand) Run() error {
	presses, err := softphone.ParseKeys(c.Press)
	if err != nil {
		return fmt.Errorf("--press: %w", err)
	}
	config, err := c.account()
	if err != nil {
		return err
	}
	phone, err := softphone.New(config)
	if err != nil {
		return err
	}
	defer phone.Close()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	placed, err := phone.Call(ctx, c.Target)
	if err != nil {
		return err
	}
	finish, err := c.record(placed)
	if err != nil {
		placed.Hangup()
		return err
	}
	pressed := make(chan error, 1)
	go func() { pressed <- placed.Press(presses) }()
	go c.limit(ctx, placed)

	failed := false
	for event := range placed.Events() {
		failed = event.Kind == softphone.Failed
		c.print(event, placed)
	}
	err = errors.Join(<-pressed, finish())
	if failed && err == nil {
		return refused(placed.End().Status, config)
	}
	return err
}

// refused is what to do about a call that failed, as far as its last line does not say it.
func refused(status int, config softphone.Config) error {
	switch {
	case status != 401 && status != 407:
		return errSaid
	case config.Password == "" && config.Secret == (sip.Secret{}):
		return fmt.Errorf("%s wants to know who calls: give an account of it by --user and --password", config.Server)
	default:
		return fmt.Errorf("%s does not take the account %s with this password", config.Server, config.User)
	}
}

// account is the phone's account: the flags', or 1000 of the server that runs on the data directory when the call goes there. No
// other host is shown that account.
func (c callCommand) account() (softphone.Config, error) {
	ways := map[string]dtmf.Way{"rfc4733": dtmf.Event, "inband": dtmf.Tone, "info": dtmf.Info}
	config := softphone.Config{User: c.User, Password: c.Password, Way: ways[c.DTMF]}
	config.Server = cmp.Or(c.Server, softphone.ServerOf(c.Target))
	if c.Verbose {
		config.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if c.Server != "" {
		config.User = cmp.Or(c.User, "anonymous")
		return config, nil
	}
	server, own, err := dialServer(c.Data)
	if err == nil {
		defer server.Close()
	}
	switch {
	case config.Server == "" && err != nil:
		return config, fmt.Errorf("without --server, the call goes to the server that runs on %s: %w", c.Data, err)
	case config.Server == "":
		if config.Server, err = reachable(own.SIP); err != nil {
			return config, err
		}
	case err != nil || !listens(own.SIP, config.Server):
		config.User = cmp.Or(config.User, "anonymous")
		return config, nil
	}
	config.User = cmp.Or(config.User, "1000")
	if config.Password == "" {
		account, err := secretOf(server, config.User)
		if err != nil {
			return config, err
		}
		config.Secret = sip.Secret{MD5: account.HA1MD5, SHA256: account.HA1SHA256}
	}
	return config, nil
}

// listens tells whether a server's name means one of the addresses where this machine's server listens.
func listens(listeners []string, name string) bool {
	at, err := softphone.Resolve(name)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(listeners, func(text string) bool {
		l, err := sip.ParseListener(text)
		if err != nil || l.Transport != at.Transport || l.Addr.Port() != at.Addr.Port() {
			return false
		}
		return l.Addr == at.Addr || l.Addr.Addr().IsUnspecified() && isOwn(at.Addr.Addr())
	})
}

// reachable gives the first of a server's addresses in a form that can be called from this machine.
func reachable(addrs []string) (string, error) {
	if len(addrs) == 0 {
		return "", errors.New("the server listens nowhere")
	}
	listener, err := sip.ParseListener(addrs[0])
	if err != nil {
		return "", err
	}
	switch addr := listener.Addr.Addr(); {
	case addr == netip.IPv4Unspecified():
		return fmt.Sprintf("%s:127.0.0.1:%d", listener.Transport, listener.Addr.Port()), nil
	case addr == netip.IPv6Unspecified():
		return fmt.Sprintf("%s:[::1]:%d", listener.Transport, listener.Addr.Port()), nil
	}
	return addrs[0], nil
}

// record begins the recording; finish ends it and closes the file.
func (c callCommand) record(placed *softphone.Call) (finish func() error, err error) {
	if c.Record == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(c.Record)
	if err != nil {
		return nil, fmt.Errorf("--record: %w", err)
	}
	recording := media.NewRecording(file)
	placed.Record(recording)
	return func() error {
		return errors.Join(recording.Close(context.Background()), file.Close())
	}, nil
}

// limit hangs up: --timeout after there was no answer, --duration after there was one, or when the user interrupts.
func (c callCommand) limit(ctx context.Context, placed *softphone.Call) {
	select {
	case <-placed.Answered():
	case <-placed.Done():
		return
	case <-ctx.Done():
		placed.Hangup()
		return
	case <-time.After(c.Timeout):
		placed.Hangup()
		return
	}
	var over <-chan time.Time
	if c.Duration > 0 {
		over = time.After(c.Duration)
	}
	select {
	case <-placed.Done():
	case <-ctx.Done():
		placed.Hangup()
	case <-over:
		placed.Hangup()
	}
}

// print tells an event: the seconds since the call was placed, and what happened.
func (c callCommand) print(e softphone.Event, placed *softphone.Call) {
	seconds := e.At.Seconds()
	if !c.JSON {
		fmt.Printf("%7.2f s  %s\n", seconds, strings.TrimSpace(string(e.Kind)+" "+e.Text))
		if e.Kind == softphone.Ended {
			fmt.Println(summary(placed.Stats()))
		}
		return
	}
	line := struct {
		Seconds float64 `json:"seconds"`
		softphone.Event
		Audio *media.StreamStats `json:"audio,omitempty"`
	}{Seconds: float64(e.At.Milliseconds()) / 1000, Event: e}
	if e.Kind == softphone.Ended {
		stats := placed.Stats()
		line.Audio = &stats
	}
	json.NewEncoder(os.Stdout).Encode(line)
}

// summary is how the sound of a call travelled, in a line for each way.
func summary(s media.StreamStats) string {
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 }
	text := "received  nothing"
	if s.Received > 0 {
		text = fmt.Sprintf("received  %d packets, lost %d, late %d (%.1f %%), jitter %.1f ms, MOS %.1f",
			s.Received, s.Lost, s.Late, 100*s.ReceivedLoss(), ms(s.Jitter), s.ReceivedMOS())
	}
	text += fmt.Sprintf("\n    sent  %d packets", s.Sent)
	if s.Told {
		text += fmt.Sprintf(", lost %d of %d (%.1f %%), jitter %.1f ms, MOS %.1f; there and back %.1f ms",
			max(s.RemoteLost, 0), s.ToldOf, 100*s.SentLoss(), ms(s.RemoteJitter), s.SentMOS(), ms(s.RoundTrip))
	} else {
		text += "; the far side did not report of them"
	}
	return text
}
