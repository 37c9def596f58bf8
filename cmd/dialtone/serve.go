package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"dialtone/calendar"
	"dialtone/call"
	"dialtone/compile"
	"dialtone/confd"
	"dialtone/hours"
	"dialtone/ivr"
	"dialtone/ivr/app"
	"dialtone/ivr/function"
	"dialtone/media"
	"dialtone/sip"
	"dialtone/sounds"
	"dialtone/store"
)

// stopTime is how long the calls have to end, once the server is told to stop.
const stopTime = 5 * time.Second

type serveCommand struct {
	settings
}

func (serveCommand) Help() string {
	return `The first start on an absent or empty data directory writes a demo: the phones 1000 and 1001, prompts, and phone menus at
8899 and 8898. The dialplan is read again when one of its files changes, and by ` + "`dialtone reload`" + ` or SIGHUP; one whose structure
cannot be read leaves the one before in force, and calls that are up go on in the new one with their next step. Globals that the
files set are set anew; others stay, unless [general] says clearglobalvars=yes. SIGTERM ends the calls with a BYE and stops.

Examples:
  dialtone serve
  dialtone serve --data /var/lib/dialtone --sip udp:192.0.2.1:5060 --sip tcp:192.0.2.1:5060 --external 198.51.100.7
  DIALTONE_HTTP=127.0.0.1:8080 dialtone serve --config /etc/dialtone.toml`
}

// Run is the server's life: open the store, build the parts, connect them, wait, end them in reverse.
func (c serveCommand) Run() (err error) {
	log := c.logger()
	signals := make(chan os.Signal, 4) // one that comes while the parts are built is heeded once they run
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer signal.Stop(signals)
	askOfTheSystem(log)
	if c.Dialplan == "" {
		c.Dialplan = filepath.Join(c.Data, dialplanFolder)
	}
	stored, err := c.openStore(log)
	if err != nil {
		return err
	}
	defer closing(&err, stored.Close)
	objects := compile.NewSwitch(stored.View)
	plan := newDialplan(c.Dialplan, objects, ivr.Options{Database: stored.Database(), Allow: c.allow(), Log: log})
	plan.load()
	streams, err := media.Open(media.Config{Ports: media.PortRange(c.RTPPorts), Jitter: media.JitterRange(c.Jitter), OmitSilence: c.OmitSilence, Log: log})
	if err != nil {
		return err
	}
	defer closing(&err, streams.Close)
	weight := tuneRuntime(streams.Shards())
	defer runtime.KeepAlive(weight)
	secure, err := c.secure(log)
	if err != nil {
		return err
	}
	defer closing(&err, secure.Close)

	p, err := c.connect(stored, objects, streams, plan, secure, log)
	if err != nil {
		return err
	}
	defer p.sounds.Close()
	defer p.follow(plan, log)()
	served := make(chan error, 4) // signalling and three doors
	hangUp, err := p.answer(served, log)
	if err != nil {
		return err
	}
	defer hangUp()
	info, doors, err := c.openDoors(p, plan, secure, served, log)
	if err != nil {
		return err
	}
	defer doors.Close()

	log.Info("ready", "sip", strings.Join(info.SIP, " "), "http", info.HTTP, "https", cmp.Or(info.HTTPS, "off"), "dialplan", c.Dialplan, "version", version)
	tellSystemd(daemon.SdNotifyReady, log)
	defer tellSystemd(daemon.SdNotifyStopping, log)
	return wait(signals, served, plan, log)
}

// askOfTheSystem has the system wake the process in time but not too often, and give it as many files as it may have.
func askOfTheSystem(log *slog.Logger) {
	if err := relaxTimers(); err != nil {
		log.Debug("the server's timers stay exact, which costs some CPU", "reason", err)
	}
	if limit, err := media.RaiseFileLimit(); err != nil {
		log.Warn("the limit of open files stays as it is: it bounds the number of calls", "limit", limit, "error", err)
	}
}

// openStore opens the data directory, with the demo in it where it is fresh.
func (c serveCommand) openStore(log *slog.Logger) (*store.Store, error) {
	fresh := isEmpty(c.Data)
	stored, err := store.Open(c.Data, store.Options{Log: log})
	if err != nil || !fresh {
		return stored, err
	}
	if err := writeDemo(os.Stdout, c.Data, c.Dialplan, stored); err != nil {
		return nil, errors.Join(fmt.Errorf("the demo cannot be written: %w", err), stored.Close())
	}
	return stored, nil
}

// tuneRuntime gives each thread that sends a processor of Go's that is free when it wakes, whatever the others do: collect garbage, read
// the dialplan, set up calls. The weight is to be kept while the server runs; nil: whoever started it says how garbage is collected.
func tuneRuntime(senders int) (weight []byte) {
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + senders)
	if os.Getenv("GOGC") != "" {
		return nil
	}
	debug.SetGCPercent(garbageShare)
	return weigh()
}

// follow keeps the parts as the world is, while it changes: dialplan files, phones, calendars, switches.
func (p parts) follow(plan *dialplanFiles, log *slog.Logger) (end func()) {
	stopped := make(chan struct{})
	plan.changed = p.calls.Hints().Reloaded
	go giveBack(p.calls.Live, stopped)
	go plan.follow(stopped)
	go p.followPhones(stopped)
	refreshed := running(calendar.NewRefresher(p.store, p.calendars, log).Run)
	followed := running(p.switches.run)
	return func() {
		close(stopped)
		<-refreshed()
		<-followed()
	}
}

// answer takes calls from now on; what ends signalling comes to served. hangUp ends the calls, before what they stand on.
func (p parts) answer(served chan<- error, log *slog.Logger) (hangUp func(), err error) {
	if err := p.signalling.Listen(); err != nil {
		return nil, fmt.Errorf("%w (if another program holds the port, stop it, or choose another one with --sip)", err)
	}
	go func() { served <- p.signalling.Serve(context.Background()) }()
	trunksLeave := running(p.trunks.Run)
	return func() {
		log.Info("stopping", "calls", p.calls.Live())
		stop, cancel := context.WithTimeout(context.Background(), stopTime)
		defer cancel()
		left := trunksLeave()
		_ = p.calls.Close(stop)
		select {
		case <-left:
		case <-stop.Done():
		}
		if p.signalling.Shutdown(stop) != nil {
			log.Warn("stopped before all far ends had answered", "after", stopTime)
		}
	}, nil
}

// running starts what runs until its context ends. end ends it, and gives what is closed when it has returned.
func running(run func(context.Context)) (end func() <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		run(ctx)
		close(done)
	}()
	return func() <-chan struct{} {
		cancel()
		return done
	}
}

// parts are what runs.
type parts struct {
	calls      *call.Switch
	streams    *media.Streams
	signalling *sip.Server
	trunks     *call.Trunks
	devices    *call.Devices
	sounds     *sounds.Cache
	store      *store.Store
	rest       *confd.API
	metrics    *metrics
	banned     banned
	tolls      *call.Tolls
	contacts   *call.Feed[sip.ContactEvent] // what happens to the phones' contacts
	switches   *switches
	calendars  ivr.Hosts // that may be asked for calendars
}

// connect joins signalling and media to the dialplan.
func (c serveCommand) connect(stored *store.Store, objects *compile.Switch, streams *media.Streams, plan *dialplanFiles, secure secure, log *slog.Logger) (parts, error) {
	p := parts{calendars: c.AllowCalendars, contacts: new(call.Feed[sip.ContactEvent]), switches: &switches{store: stored, log: log}, streams: streams, store: stored, metrics: newMetrics(), tolls: call.NewTolls(tolls{stored, c.tolls()}.of), banned: banned{stored, sip.NewBans(c.trusted(), log)}}
	if err := p.banned.load(); err != nil {
		log.Warn("a ban is not in force", "error", err)
	}
	soundMap := map[string]string{}
	for prefix, dir := range c.SoundMap {
		if dir == "" {
			dir = filepath.Join(c.Data, "sounds")
		}
		soundMap[prefix] = dir
	}
	if err := sounds.NewCategories(filepath.Join(c.Data, "sounds")).Tidy(); err != nil {
		log.Warn("an upload of sound that was broken off stays", "error", err)
	}
	p.sounds = sounds.NewCache(sounds.Config{
		Dirs: []string{c.Dialplan, filepath.Join(c.Data, "sounds")}, Map: soundMap, System: sounds.Installed(), Log: log,
		Web: &sounds.Web{Hosts: ivr.Hosts(c.AllowSounds), Dir: filepath.Join(c.Data, "cache", "sounds")},
	})
	p.trunks = call.NewTrunks(call.TrunksConfig{
		Records: stored.TrunksNow, Changed: stored.Trunks().Watch, Network: func() *sip.Server { return p.signalling }, Log: log,
	})
	p.devices = newDevices(stored, func(number string) bool { return p.signalling.Present(number) })
	p.calls = call.New(call.Config{
		Plan: plan.current, Apps: app.All(), Functions: function.All(), Globals: plan.globals, Groups: ivr.NewGroups(), Database: stored.Database(), Schedules: hours.Kept{Store: stored, Log: log}, Devices: p.devices, Allow: c.allow(),
		Secrecy: sip.Secrecy(c.SRTP), Own: func(a netip.AddrPort) bool { return c.ownSocket(p.signalling.Addrs(), streams, a) },
		Dial: func(ctx context.Context, to sip.Target, n sip.Negotiator) (*sip.Leg, error) {
			return p.signalling.Dial(ctx, to, n)
		},
		Contacts: func(number string) []sip.Target { return p.signalling.Contacts(number) },
		Streams:  streams, Journal: stored, MaxCalls: c.MaxCalls, RTPTimeout: c.RTPTimeout, Log: log, Context: contexts{stored}.of, Named: names{stored}.of, Identity: identities{stored}.of, Legs: legs{stored}.of, Tolls: p.tolls,
		Trunks: p.trunks, Incall: objects.Incall,
		Sounds: p.sounds, Recordings: c.recordings(soundMap), Ended: p.metrics.callEnded, Refused: p.metrics.callRefused,
	})
	rest := restConfig(stored, c.Data, plan.current)
	rest.Calendars, rest.Origins, rest.Dialplan, rest.Log = p.calendars, c.Origins, plan.folder(), log
	p.rest = confd.New(rest)
	var err error
	p.signalling, err = sip.New(sip.Config{
		Listen: c.listeners(), TLS: secure.listeners, Outgoing: secure.outgoing, External: c.External, Local: c.localNetworks(), UserAgent: "dialtone/" + version, Realm: store.Realm, Digest: c.Digest,
		Accounts: accounts{stored, p.trunks}, Trunks: p.trunks, Bindings: bindings{stored}, Incoming: p.calls.Incoming, Log: log,
		Session: cmp.Or(c.SessionTime, -1), Reliable: c.Reliable, Names: c.names(), StrangerRate: c.StrangerRate, Bans: p.banned.bans,
		Lamps: p.calls.Lamps(), Qualify: c.Qualify, ContactChanged: func(e sip.ContactEvent) { contactChanged(e, p.devices, log); p.contacts.Publish(e) },
	})
	return p, err
}

// contactChanged logs what happens to a phone's contact, and tells its lamps.
func contactChanged(e sip.ContactEvent, devices *call.Devices, log *slog.Logger) {
	level := slog.LevelInfo
	if e.Change == sip.ChangeUnreachable {
		level = slog.LevelWarn
	}
	log.Log(context.Background(), level, "phone "+string(e.Change), "phone", e.Phone, "contact", e.URI, "device", e.Device, "remote", e.Address, "transport", e.Transport)
	devices.Changed("PJSIP/" + e.Phone)
}

// recordings is where the dialplan may write sound: what Record makes is found by Playback at once.
func (c serveCommand) recordings(soundMap map[string]string) call.Recordings {
	r := call.Recordings{
		Sounds: filepath.Join(c.Data, "sounds"), Calls: filepath.Join(c.Data, "recordings"), Dirs: c.RecordDirs,
		Map: maps.Clone(soundMap), Longest: c.MaxRecording,
	}
	r.Map["/var/spool/asterisk/monitor"] = r.Calls
	return r
}

// tolls are what phones may do at trunks, where their records say nothing.
func (s settings) tolls() call.TollLimits {
	limits := call.TollLimits{MaxCalls: s.PhoneCalls, CallsPerMinute: s.PhoneCallsPerMinute}
	for _, number := range s.PhoneAllow {
		limits.Allow = append(limits.Allow, string(number))
	}
	return limits
}

// allow is what the dialplan may do beyond its calls.
func (c serveCommand) allow() ivr.Allow {
	return ivr.Allow{System: c.AllowSystem, Env: c.AllowEnv, Files: c.AllowFiles, CURL: c.AllowCURL, Programs: c.AGIDir}
}

// trusted are the networks of --trusted.
func (c serveCommand) trusted() []netip.Prefix {
	networks := make([]netip.Prefix, len(c.Trusted))
	for i, n := range c.Trusted {
		networks[i] = netip.Prefix(n)
	}
	return networks
}

// names are the name servers of --dns; nil: the machine's.
func (c serveCommand) names() sip.Names {
	if len(c.DNS) == 0 {
		return nil
	}
	var servers sip.NameServers
	for _, server := range c.DNS {
		servers = append(servers, netip.AddrPort(server))
	}
	return servers
}

// listeners are the addresses of --sip.
func (c serveCommand) listeners() []sip.Listener {
	listeners := make([]sip.Listener, len(c.SIP))
	for i, l := range c.SIP {
		listeners[i] = sip.Listener(l)
	}
	return listeners
}

// wait waits for a signal that stops the server, or for a part that fails.
func wait(signals <-chan os.Signal, served <-chan error, plan *dialplanFiles, log *slog.Logger) error {
	for {
		select {
		case s := <-signals:
			if s != syscall.SIGHUP {
				return nil
			}
			log.Info("reading the dialplan again")
			plan.load()
		case err := <-served:
			return err
		}
	}
}

// logger writes to standard error.
func (c serveCommand) logger() *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

// isEmpty tells that a data directory is absent or has nothing of a server's in it: a dialplan and sounds may have been
// put there before the first start.
func isEmpty(dir string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return errors.Is(err, os.ErrNotExist)
	}
	return !slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return e.Name() != dialplanFolder && e.Name() != "sounds"
	})
}

// closing closes something at the end, and keeps its error.
func closing(err *error, close func() error) { *err = errors.Join(*err, close()) }

func tellSystemd(state string, log *slog.Logger) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("systemd is not told", "state", state, "error", err)
	}
}
