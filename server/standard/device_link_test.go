//go:build unix

package standard_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// A way is a connection to a server that can be cut.
type way struct {
	net.Listener
	to  string
	mu  sync.Mutex
	cut bool
	all []net.Conn
}

// newWay makes a way to a server and returns its address.
func newWay(t *testing.T, to string) (*way, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &way{Listener: ln, to: strings.TrimPrefix(to, "http://")}
	t.Cleanup(func() { w.Close(); w.set(true) })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			w.carry(c)
		}
	}()
	return w, "http://" + ln.Addr().String()
}

func (w *way) carry(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	far, err := net.Dial("tcp", w.to)
	if err != nil || w.cut {
		c.Close()
		return
	}
	w.all = append(w.all, c, far)
	go io.Copy(far, c)
	go io.Copy(c, far)
}

// set cuts the way, or mends it.
func (w *way) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	for _, c := range w.all {
		c.Close()
	}
	w.all = nil
}

// A view is what somebody sees of a hub.
type view struct {
	Online  bool `json:"online"`
	Devices []struct {
		ID       string         `json:"id"`
		Reported map[string]any `json:"reported"`
	} `json:"devices"`
}

// sees waits until somebody sees what is so.
func (g *guest) sees(t *testing.T, serial, what string, is func(view) bool) {
	t.Helper()
	var v view
	for late := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if g.ask(t, "device.devices", map[string]any{"hub": serial}, &v); is(v) {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("%s is not seen: %+v", what, v)
		}
	}
}

// lampIs is true of a hub whose only device is a lamp that is on, or not.
func lampIs(on bool) func(view) bool {
	return func(v view) bool { return v.Online && len(v.Devices) == 1 && v.Devices[0].Reported["on"] == on }
}

// TestLinkedBox runs a server in a box at home which is a hub of another server, and cuts the way between them.
func TestLinkedBox(t *testing.T) {
	cloudDir, homeDir := t.TempDir(), t.TempDir()
	cloud := serve(t, cloudDir, nil)
	_, secret, _ := strings.Cut(hub(t, cloudDir, "SN-7"), ":")
	w, url := newWay(t, cloud.url)
	atHome(t, homeDir, "link: {url: '"+url+"', serial: SN-7, secret: "+secret+"}")
	house := serve(t, homeDir, nil)
	box := house.home(t, map[string]any{"token": hub(t, homeDir, "box-1")})
	box.must(t, "device.hello", lamp(), nil)
	screen, err := visit(t, house.url, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	version := 0
	obey := func(on bool) {
		t.Helper()
		var c struct {
			ID  string
			Set map[string]any
		}
		decode(t, box.hear(t, "command"), &c)
		if c.Set["on"] != on {
			t.Errorf("the lamp is told %v, want %t", c.Set, on)
		}
		version++
		box.must(t, "device.report", map[string]any{"device": "lamp", "values": c.Set, "version": version}, nil)
		box.must(t, "device.answer", map[string]any{"command": c.ID, "done": true}, nil)
	}
	order := func(serial string, on bool) map[string]any {
		return map[string]any{"hub": serial, "device": "lamp", "set": map[string]any{"on": on}, "no_wait": true}
	}

	// The cloud's code is shown on the box's display; what is ordered there happens here.
	kim := user(t, cloud, "kim")
	pair(t, cloud, screen, "Authorization", "Bearer "+kim, "X-Api-Serial", "SN-7")
	page := cloud.home(t, map[string]any{"token": kim})
	page.must(t, "device.command", order("SN-7", true), nil)
	obey(true)
	page.sees(t, "SN-7", "the lamp, which is on,", lampIs(true))

	// Without it everything at home goes on, and afterwards the cloud knows.
	w.set(true)
	page.sees(t, "SN-7", "a hub that is away", func(v view) bool { return !v.Online })
	holder := house.home(t, map[string]any{"token": pair(t, house, screen)})
	holder.must(t, "device.command", order("box-1", false), nil)
	obey(false)
	holder.sees(t, "box-1", "the lamp, which is off,", lampIs(false))
	w.set(false)
	page.sees(t, "SN-7", "the lamp, which is off,", lampIs(false))

	operate[map[string]any](t, cloudDir, "", "hub", "remove", "SN-7", "--yes")
	holder.must(t, "device.command", order("box-1", true), nil)
	obey(true)
	cloud.stop(t)
	house.stop(t)
	if said := house.errors.String(); !strings.Contains(said, "link: connected to the cloud") || strings.Contains(said, secret) {
		t.Errorf("the box's log: %s", said)
	}
}

// TestSimulatedHome runs the command beside a server, pairs with what its code says, and switches a lamp on.
func TestSimulatedHome(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, nil)
	run := exec.CommandContext(t.Context(), program(), "simulate", "home", "--server", p.url, "--seed", "1")
	run.Dir, run.Env, run.Stderr = dir, environment("LANG=ko_KR.UTF-8"), os.Stderr
	out, err := run.StdoutPipe()
	if err == nil {
		err = run.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	says := func(pattern string) []string {
		t.Helper()
		late := time.After(patience)
		for {
			select {
			case line, ok := <-lines:
				if found := regexp.MustCompile(pattern).FindStringSubmatch(line); found != nil {
					return found
				}
				if !ok {
					t.Fatalf("the simulated home has ended before it said %s", pattern)
				}
			case <-late:
				t.Fatalf("the simulated home does not say %s", pattern)
			}
		}
	}
	says("simulated-home")
	says("연결되었습니다")
	mina := user(t, p, "mina")
	b := newBrowser(t, p.url)
	bearer := []string{"Authorization", "Bearer " + mina, "X-Api-Serial", "simulated-home"}
	b.must(http.StatusOK, http.MethodGet, "/code", nil, bearer...)
	code := strings.ReplaceAll(says(`│ +(\d[\d ]+\d) +│ +mina 님이`)[1], " ", "")
	b.must(http.StatusCreated, http.MethodPost, "/codecheck", nil, append(bearer, "code", code)...)
	says("인증되었습니다")
	page := p.home(t, map[string]any{"token": mina})
	var done struct{ State string }
	page.must(t, "device.command", map[string]any{"hub": "simulated-home", "device": "lamp", "set": map[string]any{"on": true}}, &done)
	if done.State != "done" {
		t.Errorf("the lamp's command is %s", done.State)
	}
	says("거실 조명  ←  on true   완료")
	says("거실 조명     level 100, on true")
	page.sees(t, "simulated-home", "the lamp at its brightest", func(v view) bool {
		for _, d := range v.Devices {
			if d.ID == "lamp" {
				return len(v.Devices) == 10 && d.Reported["level"] == 100.0
			}
		}
		return false
	})
	if err := run.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := run.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
	status, _, said := command(t, dir, nil, "simulate", "home", "--server", "https://elsewhere.test")
	if status != 2 || !strings.Contains(said, "MADANG_HUB_SECRET") {
		t.Errorf("without a secret: %d %s", status, said)
	}
}
