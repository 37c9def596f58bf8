package sounds

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// DefaultSpeech is the command line of the speech program that most machines can have.
const DefaultSpeech = "espeak-ng -v {voice} -s {speed} -b 1 -w {out} --stdin"

const (
	maxText   = 16 << 10         // bytes of a text to be spoken
	speakTime = 60 * time.Second // of a speech program, for one text
)

// Speaker is an installed program that speaks texts. No shell comes between: a
// text is one argument, or comes by standard input, whatever is in it.
type Speaker struct{ words []string }

// ParseSpeaker reads the command line of a speech program: words between blanks,
// or in single or double quotes. In them stand
//
//	{text}   the text; without it, the program gets it by standard input
//	{out}    the file to write, WAV or MP3; without it, it comes by standard output
//	{lang}   the language, as fr or fr-ca
//	{voice}  the voice, or the language if none is named
//	{speed}  words per minute
func ParseSpeaker(line string) (Speaker, error) {
	words, err := splitWords(line)
	if err == nil && len(words) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return Speaker{}, fmt.Errorf("the command of the speech program, %q: %w", line, err)
	}
	return Speaker{words}, nil
}

func splitWords(line string) (words []string, err error) {
	var word []byte
	quote, within := byte(0), false // the quote that is open; whether a word has begun
	for i := range len(line) {
		switch c := line[i]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word = append(word, c)
		case c == '\'' || c == '"':
			quote, within = c, true
		case c != ' ' && c != '\t':
			word, within = append(word, c), true
		case within:
			words, word, within = append(words, string(word)), nil, false
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote (%c) is not closed", quote)
	}
	if within {
		words = append(words, string(word))
	}
	return words, nil
}

// Voice is who speaks.
type Voice struct {
	Lang  string // en, fr-ca
	Name  string // as the speech program calls it; empty: the language's
	Speed int    // words per minute
}

// check refuses what a program could take for an option, or for the end of its text.
func (v Voice) check(text string) error {
	odd := func(s string) bool {
		return strings.HasPrefix(s, "-") || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
	}
	switch {
	case strings.TrimSpace(text) == "":
		return errors.New("there is no text to be spoken")
	case len(text) > maxText:
		return fmt.Errorf("a text of %d bytes; %d can be spoken at a time", len(text), maxText)
	case strings.ContainsRune(text, 0):
		return errors.New("the text has a zero byte in it")
	case v.Lang == "" || odd(v.Lang):
		return fmt.Errorf("%q is no language, as fr or en-gb", v.Lang)
	case odd(v.Name):
		return fmt.Errorf("%q is no voice", v.Name)
	case v.Speed < 20 || v.Speed > 900:
		return fmt.Errorf("%d words per minute: 20 to 900 can be spoken", v.Speed)
	}
	return nil
}

// Say speaks a text and gives its samples at 8 kHz, without the silence at both ends.
func (s Speaker) Say(ctx context.Context, text string, v Voice) ([]int16, error) {
	if err := v.check(text); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "dialtone-speech-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "speech.wav")
	words, asks, writes := s.fill(text, out, v)

	ctx, cancel := context.WithTimeout(ctx, speakTime)
	defer cancel()
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.WaitDelay = time.Second // for those that it started and that hold its output
	said, complaint := &upTo{most: 64 << 20}, &upTo{most: 4 << 10}
	command.Stdout, command.Stderr = said, complaint
	if asks {
		command.Stdin = strings.NewReader(text)
	}
	if err := command.Run(); err != nil {
		return nil, s.failed(ctx, err, string(complaint.kept))
	}
	var audio io.Reader = bytes.NewReader(said.kept)
	if writes {
		f, err := os.Open(out)
		if err != nil {
			return nil, fmt.Errorf("%s wrote no sound: %w", words[0], err)
		}
		defer f.Close()
		audio = f
	}
	pcm, err := Decode("what "+words[0]+" spoke", audio)
	if err != nil {
		return nil, err
	}
	if pcm = Trim(pcm); len(pcm) == 0 {
		return nil, fmt.Errorf("%s spoke nothing but silence%s", words[0], after(string(complaint.kept)))
	}
	return pcm, nil
}

// fill puts the words of a command together, and tells whether it gets the text by standard input, and whether it writes out.
func (s Speaker) fill(text, out string, v Voice) (words []string, asks, writes bool) {
	lang := strings.ToLower(strings.ReplaceAll(v.Lang, "_", "-"))
	voice := v.Name
	if voice == "" {
		voice = lang
	}
	put := strings.NewReplacer("{text}", text, "{out}", out, "{lang}", lang, "{voice}", voice, "{speed}", strconv.Itoa(v.Speed))
	asks = true
	for _, word := range s.words {
		if strings.HasPrefix(word, "{text}") && strings.HasPrefix(text, "-") {
			word = " " + word // it is no option
		}
		asks = asks && !strings.Contains(word, "{text}")
		writes = writes || strings.Contains(word, "{out}")
		words = append(words, put.Replace(word))
	}
	return words, asks, writes
}

// failed says what to do about a speech program that did not speak.
func (s Speaker) failed(ctx context.Context, err error, complaint string) error {
	program := s.words[0]
	switch {
	case errors.Is(err, exec.ErrNotFound) && program == "espeak-ng":
		return errors.New("espeak-ng is not installed; type: sudo apt-get install espeak-ng, or name another speech program with --speech-command")
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("the speech program %s is not installed; install it, or name another one with --speech-command", program)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("%s did not speak within %v", program, speakTime)
	}
	return fmt.Errorf("%s did not speak (%w)%s", program, err, after(complaint))
}

// after adds what a program said.
func after(complaint string) string {
	if complaint = strings.TrimSpace(complaint); complaint != "" {
		return ": " + complaint
	}
	return ""
}

// upTo keeps so many bytes of what a program writes; more is an error to the program.
type upTo struct {
	kept []byte
	most int
}

func (u *upTo) Write(p []byte) (int, error) {
	n := min(len(p), u.most-len(u.kept))
	u.kept = append(u.kept, p[:n]...)
	if n < len(p) {
		return n, fmt.Errorf("more than %d bytes", u.most)
	}
	return n, nil
}
