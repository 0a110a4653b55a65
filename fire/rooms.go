package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"madang/fire/judge"
	"madang/internal/clustertest"
)

// rest asks the chat's REST interface as a member.
func rest(url, method, path string, as *member, in, out any) error {
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return err
		}
	}
	request, err := http.NewRequest(method, url+path, &body) //nolint:noctx,gosec // the client has a time limit; the address is that of our own cluster
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+as.Token)
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	client := http.Client{Timeout: 30 * time.Second}
	answer, err := client.Do(request) //nolint:gosec // as above
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, text)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

// makeRooms makes the rooms of the chat, which get their names from the server; whoever is first in one is its owner.
func makeRooms(t clustertest.T, url string, all []*member) {
	t.Helper()
	made := map[string]string{}
	for _, m := range all {
		if m.family != judge.Chat || m.Name != m.Members[0] {
			continue
		}
		var room struct{ ID string }
		wanted := map[string]any{"name": m.Room, "type": "private", "members": m.Members[1:]}
		if err := rest(url, http.MethodPost, "/v1/rooms", m, wanted, &room); err != nil {
			t.Fatal(err)
		}
		made[m.Room] = room.ID
	}
	for _, m := range all {
		m.Room = cmp.Or(made[m.Room], m.Room)
	}
}

// stored asks for all that is stored in the rooms of the chat.
func stored(t clustertest.T, url string, all []*member) map[string][]string {
	t.Helper()
	texts := map[string][]string{}
	for _, m := range all {
		if m.family != judge.Chat || m.Name != m.Members[0] {
			continue
		}
		for more := true; more; {
			var page struct {
				Messages []struct {
					Seq  int
					Text string
				}
				HasNewer bool `json:"has_newer"`
			}
			path := fmt.Sprintf("/v1/rooms/%s/messages?limit=200&after=%d", m.Room, len(texts[m.Room]))
			if err := rest(url, http.MethodGet, path, m, nil, &page); err != nil {
				t.Fatal(err)
			}
			for _, one := range page.Messages {
				texts[m.Room] = append(texts[m.Room], one.Text)
				if one.Seq != len(texts[m.Room]) {
					t.Fatalf("%s: number %d stands where %d should", m.Room, one.Seq, len(texts[m.Room]))
				}
			}
			more = page.HasNewer
		}
	}
	return texts
}

// spread gives rooms to processes, in turn, so that each has some of each family.
func spread(all []*member, processes int) [][]*member {
	var rooms []string
	groups := make([][]*member, processes)
	for _, m := range all {
		at := slices.Index(rooms, m.Room)
		if at < 0 {
			at, rooms = len(rooms), append(rooms, m.Room)
		}
		groups[at%processes] = append(groups[at%processes], m)
	}
	return slices.DeleteFunc(groups, func(g []*member) bool { return len(g) == 0 })
}
