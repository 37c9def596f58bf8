package dtmf

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"dialtone/sounds"
)

// recording is audio in which nobody presses a key.
type recording struct {
	name string
	make func() ([]int16, error)
}

// speaks and plays are the programs that say and play what is in nobody's files.
const (
	soundFolder = "/usr/share/asterisk/sounds"
	musicFolder = "/usr/share/asterisk/moh"
	soundFont   = "/usr/share/sounds/sf2/TimGM6mb.sf2"
)

// recordings gives the corpus's kinds by name: files of Debian's packages, what
// espeak-ng and flite say, what fluidsynth plays. Texts and scores are made by
// seeds of their own, so that the corpus is the same in every run.
func recordings(kind string) ([]recording, error) {
	switch kind {
	case "prompts":
		return files(soundFolder, "en", "es", "fr", "it", "ru")
	case "music":
		return files(musicFolder, "")
	case "espeak":
		return spoken("espeak-ng", 1800, espeak)
	case "flite":
		return spoken("flite", 300, flite)
	case "instruments":
		return spoken("fluidsynth", 128*6, fluidsynth)
	}
	return nil, fmt.Errorf("no recordings of kind %q", kind)
}

// files gives the WAV files below those of root's folders that are installed.
func files(root string, folders ...string) (all []recording, err error) {
	for _, folder := range folders {
		path, err := filepath.EvalSymlinks(filepath.Join(root, folder))
		if err != nil {
			continue
		}
		err = filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && filepath.Ext(path) == ".wav" && entry.Type().IsRegular() {
				all = append(all, recording{path, func() ([]int16, error) { return readWAV(os.ReadFile(path)) }})
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		err = fmt.Errorf("no recordings in %s", root)
	}
	return all, err
}

func readWAV(wav []byte, err error) ([]int16, error) {
	if err != nil {
		return nil, err
	}
	return sounds.ReadWAV(bytes.NewReader(wav))
}

// spoken gives n recordings of what a program makes, each from a seed of its own.
func spoken(program string, n int, make func(*rand.Rand) ([]byte, error)) (all []recording, err error) {
	if _, err := exec.LookPath(program); err != nil {
		return nil, err
	}
	for i := range n {
		name := fmt.Sprintf("%s-%d", program, i)
		all = append(all, recording{name, func() ([]int16, error) { return readWAV(make(rngOf(0, name))) }})
	}
	return all, nil
}

// rngOf gives random numbers that depend on a seed and a name alone.
func rngOf(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// text gives some sentences of syllables and numbers, to be spoken in any language.
func text(rng *rand.Rand) string {
	var b strings.Builder
	for range 40 {
		if rng.IntN(8) == 0 {
			fmt.Fprintf(&b, "%d", rng.IntN(100000))
		}
		for range 1 + rng.IntN(4) {
			b.WriteByte("bcdfghjklmnprstvwz"[rng.IntN(18)])
			b.WriteByte("aeiou"[rng.IntN(5)])
			if rng.IntN(4) == 0 {
				b.WriteByte("lmnrst"[rng.IntN(6)])
			}
		}
		b.WriteString([...]string{" ", " ", " ", ", ", ". ", "? ", "! "}[rng.IntN(7)])
	}
	return b.String()
}

// espeak says a text in one of espeak-ng's languages and voices, at any pitch and speed.
func espeak(rng *rand.Rand) ([]byte, error) {
	languages := strings.Fields("en-us en-gb fr-fr es es-419 it ru de pl pt pt-br nl sv da fi cs hu ro el tr hi cmn ja ko vi ar")
	variants := strings.Fields("m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5 klatt klatt2 klatt3 croak whisper Steph Andy")
	return output("", "espeak-ng", "--stdout", "-v", languages[rng.IntN(len(languages))]+"+"+variants[rng.IntN(len(variants))],
		"-p", fmt.Sprint(rng.IntN(100)), "-s", fmt.Sprint(100+rng.IntN(180)), text(rng))
}

func flite(rng *rand.Rand) ([]byte, error) {
	voices := strings.Fields("kal kal16 awb rms slt")
	return output("wav", "flite", "-voice", voices[rng.IntN(len(voices))],
		"--setf", fmt.Sprintf("duration_stretch=%.2f", 0.7+0.8*rng.Float64()),
		"--setf", fmt.Sprintf("int_f0_target_mean=%.0f", 80+180*rng.Float64()), "-t", text(rng), "-o")
}

// fluidsynth plays a score of one of General MIDI's instruments: tunes, chords,
// glides and long notes, tuned anyhow.
func fluidsynth(rng *rand.Rand) ([]byte, error) {
	score, err := os.CreateTemp("", "score-*.mid")
	if err != nil {
		return nil, err
	}
	defer os.Remove(score.Name())
	if _, err := score.Write(midi(rng)); err != nil {
		return nil, err
	}
	if err := score.Close(); err != nil {
		return nil, err
	}
	return output("wav", "fluidsynth", "-ni", "-r", "16000", "-g", "0.6", soundFont, score.Name(), "-F")
}

// output gives what a program writes to standard output, or into a file of the
// suffix given, whose name is its last argument.
func output(suffix, program string, args ...string) ([]byte, error) {
	name := ""
	if suffix != "" {
		file, err := os.CreateTemp("", "talkoff-*."+suffix)
		if err != nil {
			return nil, err
		}
		file.Close()
		name = file.Name()
		defer os.Remove(name)
		args = append(args, name)
	}
	out, err := exec.Command(program, args...).Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", program, err)
	}
	if name != "" {
		return os.ReadFile(name)
	}
	return out, nil
}

// midi gives a score of about a minute as a Standard MIDI File of one track.
func midi(rng *rand.Rand) []byte {
	const division = 480 // ticks of a quarter, half a second
	var track []byte
	put := func(ticks int, message ...byte) {
		if ticks >= 128 {
			track = append(track, byte(ticks>>7)|0x80)
		}
		track = append(append(track, byte(ticks&127)), message...)
	}
	put(0, 0xc0, byte(rng.IntN(128)))
	bend := func(ticks int) { put(ticks, 0xe0, byte(rng.IntN(128)), byte(rng.IntN(128))) } // ±2 semitones
	bend(0)
	for range 60 {
		notes := make([]byte, 1+rng.IntN(4))
		for i := range notes {
			notes[i] = byte(48 + rng.IntN(48)) // 131 to 1865 Hz
			put(0, 0x90, notes[i], byte(50+rng.IntN(78)))
		}
		switch long := 60 + rng.IntN(1500); rng.IntN(4) {
		case 0: // while it sounds, the pitch glides
			for range 8 {
				bend(long / 8)
			}
		default:
			put(long, 0xb0, 1, byte(rng.IntN(2)*rng.IntN(128))) // vibrato, perhaps
		}
		for _, note := range notes {
			put(0, 0x80, note, 0)
		}
		if rng.IntN(6) == 0 {
			bend(0)
		}
	}
	put(division, 0xff, 0x2f, 0)
	file := append([]byte("MThd"), 0, 0, 0, 6, 0, 0, 0, 1, division>>8, division&255)
	file = append(file, "MTrk"...)
	return append(binary.BigEndian.AppendUint32(file, uint32(len(track))), track...)
}

// pitched plays s faster by a factor: pitch and speed go up. Between samples it
// follows the cubic through the four nearest.
func (s sound) pitched(factor float64) sound {
	out := make(sound, max(0, int(float64(len(s)-3)/factor)))
	for i := range out {
		at := 1 + float64(i)*factor
		k := int(at)
		if k+2 >= len(s) {
			return out[:i]
		}
		x, a, b, c, d := at-math.Floor(at), s[k-1], s[k], s[k+1], s[k+2]
		out[i] = b + x/2*(c-a+x*(2*a-5*b+4*c-d+x*(3*(b-c)+d-a)))
	}
	return out
}
