package function

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"dialtone/ivr"
)

var web = []ivr.Function{
	{Name: "CURL", Synopsis: "what an HTTP server answers", Syntax: "url[,post-data]",
		Doc: "The body of the answer, without blanks at its end, at most 64 KiB; with post-data a POST, else a GET. Off but for the hosts of --allow-curl, also after redirects. " +
			"It ends after 10 seconds (CURLOPT(httptimeout)), and with the call. A failure is a warning, and empty.",
		Read: curl},
	{Name: "CURLOPT", Synopsis: "how the CURL of this call asks", Syntax: "option",
		Doc: "Options: conntimeout and httptimeout in seconds (up to 60), ssl_verifypeer, useragent, referer, cookie, httpheader (each set adds one), userpwd as name:password, followlocation, maxredirs, " +
			"failurecodes (HTTP statuses that count as failures, separated by commas), hashcompat (a form's answer is the values of Set(HASH(name)=${CURL(…)})).",
		Read: func(r *ivr.Run, args string) (string, error) {
			name := strings.ToLower(args)
			if _, ok := curlOptions[name]; !ok {
				return "", fmt.Errorf("unknown option %q", args)
			}
			return curlOption(r, name), nil
		},
		Write: func(r *ivr.Run, args, value string) error {
			name := strings.ToLower(args)
			if _, ok := curlOptions[name]; !ok {
				return fmt.Errorf("unknown option %q", args)
			}
			if before := r.Item(curlItem(name)); name == "httpheader" && value != "" && before != "" {
				value = before + "\n" + value
			}
			r.SetItem(curlItem(name), value)
			return nil
		}},
}

// curlOptions are the options of CURLOPT, with what they are until they are set.
var curlOptions = map[string]string{
	"conntimeout": "5", "httptimeout": "10", "ssl_verifypeer": "1", "ssl_verifyhost": "2", "useragent": "dialtone", "referer": "", "cookie": "", "httpheader": "",
	"userpwd": "", "followlocation": "0", "maxredirs": "10", "failurecodes": "", "hashcompat": "0",
}

func curlItem(name string) string { return "CURLOPT(" + name + ")" }

func curlOption(r *ivr.Run, name string) string {
	if value := r.Item(curlItem(name)); value != "" {
		return value
	}
	return curlOptions[name]
}

const (
	maxBody = 64 << 10         // bytes of an answer
	maxCURL = 60 * time.Second // of a request
)

// curlTime is a time-out that a dialplan set, within bounds.
func curlTime(r *ivr.Run, name string) time.Duration {
	f, ok := leadingFloat(curlOption(r, name))
	if d := time.Duration(min(f, maxCURL.Seconds()) * float64(time.Second)); ok && d > 0 {
		return d
	}
	return maxCURL
}

func curl(r *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 2)
	request, err := curlRequest(r, list[0], argument(list, 1))
	if err != nil {
		return "", err
	}
	client := curlClient(r)
	failures := strings.Split(curlOption(r, "failurecodes"), ",")
	var body []byte
	ended := r.Outside(curlTime(r, "httptimeout"), func(ctx context.Context) {
		var answer *http.Response
		if answer, err = client.Do(request.WithContext(ctx)); err != nil {
			return
		}
		defer answer.Body.Close()
		if slices.Contains(failures, strconv.Itoa(answer.StatusCode)) {
			err = fmt.Errorf("the server answers %s", answer.Status)
			return
		}
		body, err = io.ReadAll(io.LimitReader(answer.Body, maxBody+1))
	})
	if err = errors.Join(ended, err); err != nil {
		return "", err
	}
	if len(body) > maxBody {
		return string(body[:maxBody]), fmt.Errorf("the answer is longer than %d bytes: cut", maxBody)
	}
	text := strings.TrimRightFunc(string(body), func(c rune) bool { return c <= ' ' })
	if ivr.True(curlOption(r, "hashcompat")) {
		return form(r, text), nil
	}
	return text, nil
}

// form gives the values of a form, and its names to the HASH that it is set to.
func form(r *ivr.Run, text string) string {
	quote := strings.NewReplacer(`\`, `\\`, `,`, `\,`, `"`, `\"`)
	var names, values []string
	for pair := range strings.SplitSeq(text, "&") {
		name, value, _ := strings.Cut(pair, "=")
		for _, part := range []*string{&name, &value} {
			if plain, err := url.QueryUnescape(*part); err == nil {
				*part = plain
			}
		}
		names, values = append(names, quote.Replace(name)), append(values, quote.Replace(value))
	}
	r.Set(hashFields, strings.Join(names, ","))
	return strings.Join(values, ",")
}

// curlRequest makes the request of an address that may be asked.
func curlRequest(r *ivr.Run, address, post string) (*http.Request, error) {
	if address == "" {
		return nil, errors.New("needs an address")
	}
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	method, body := http.MethodGet, io.Reader(nil)
	if post != "" {
		method, body = http.MethodPost, strings.NewReader(post)
	}
	request, err := http.NewRequest(method, address, body)
	if err != nil {
		return nil, err
	}
	if err := r.Allow().CURL.Allow(request.URL, "--allow-curl"); err != nil {
		return nil, err
	}
	if post != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	request.Header.Set("User-Agent", curlOption(r, "useragent"))
	for name, option := range map[string]string{"Referer": "referer", "Cookie": "cookie"} {
		if value := curlOption(r, option); value != "" {
			request.Header.Set(name, value)
		}
	}
	for line := range strings.SplitSeq(curlOption(r, "httpheader"), "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			request.Header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
	if user, password, ok := strings.Cut(curlOption(r, "userpwd"), ":"); ok {
		request.SetBasicAuth(user, password)
	}
	return request, nil
}

// curlClient is an HTTP client for one request: no connection, proxy or cookie outlasts it.
func curlClient(r *ivr.Run) *http.Client {
	allow := r.Allow()
	follow := ivr.True(curlOption(r, "followlocation"))
	most, _ := ivr.LeadingInt(curlOption(r, "maxredirs"))
	if most < 0 || most > 10 {
		most = 10
	}
	dialer := &net.Dialer{Timeout: curlTime(r, "conntimeout")}
	verify := ivr.True(curlOption(r, "ssl_verifypeer"))
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, DisableKeepAlives: true, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: maxBody,
			TLSHandshakeTimeout: dialer.Timeout, TLSClientConfig: &tls.Config{InsecureSkipVerify: !verify}, //nolint:gosec // as the dialplan says
		},
		CheckRedirect: func(request *http.Request, via []*http.Request) error {
			switch {
			case !follow:
				return http.ErrUseLastResponse
			case len(via) > most:
				return fmt.Errorf("more than %d redirects", most)
			}
			return allow.CURL.Allow(request.URL, "--allow-curl")
		},
	}
}
