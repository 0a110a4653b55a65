package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"madang/account/token"
	"madang/fire/judge"
	"madang/internal/clustertest"
)

// roomSize is how many clients hear each other.
const roomSize = 20

// A member is a client, as the crowd's process is told of it.
type member struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	Room    string   `json:"room"`
	Token   string   `json:"token,omitempty"`
	Every   int64    `json:"every"` // ms between its messages
	Binary  bool     `json:"binary"`
	Members []string `json:"members"` // of its room, with itself

	family judge.Family
}

// libraries are the kinds of clients in a room of each family, in turn; those that poll only where that is wanted.
func libraries(f judge.Family, polling bool) []string {
	all := map[judge.Family][]string{
		judge.Chat:   {"io4", "io4-ws", "io2", "io4", "io4-poll", "io4-ws", "io2-poll", "io2"},
		judge.Pusher: {"pusher", "echo"},
		judge.Ably:   {"ably2", "ably1", "ably2-poll", "ably1", "ably2", "ably1-poll", "ably2", "ably1"},
	}[f]
	if polling {
		return all
	}
	sockets := map[string]string{"io4": "io4-ws", "io2": "io2-ws"}
	var some []string
	for _, kind := range all {
		if strings.HasSuffix(kind, "-poll") {
			continue
		}
		if socket := sockets[kind]; socket != "" {
			kind = socket
		}
		some = append(some, kind)
	}
	return some
}

// crew returns who there is: 4 of 10 rooms are the chat's, and 3 each Pusher's and Ably's.
func crew(o options) ([]*member, error) {
	shares := []judge.Family{judge.Chat, judge.Pusher, judge.Ably, judge.Chat, judge.Pusher, judge.Ably, judge.Chat, judge.Pusher, judge.Ably, judge.Chat}
	config := token.Defaults()
	config.Secret = clustertest.Secret
	every := (time.Duration(o.clients) * time.Second / time.Duration(o.rate)).Milliseconds()
	var all []*member
	for r := 0; len(all) < o.clients; r++ {
		f := shares[r%len(shares)]
		room := fmt.Sprintf("fire-%d", r)
		size := min(roomSize, o.clients-len(all))
		var names []string
		for i := range size {
			names = append(names, fmt.Sprintf("c%d-%d", r, i))
		}
		kinds := libraries(f, o.polling)
		for i, name := range names {
			binary := (i+i/len(kinds))%2 == 0 // each kind of library in both ways
			m := &member{Name: name, Kind: kinds[i%len(kinds)], Room: room, Every: every, Binary: binary, Members: names, family: f}
			if f == judge.Chat {
				signed, err := token.Sign(config, token.Claims{User: name, Name: name, TTL: 24 * time.Hour})
				if err != nil {
					return nil, err
				}
				m.Token = signed
			}
			all = append(all, m)
		}
	}
	return all, nil
}

// seen returns who must be seen in each room, as judge wants it.
func seen(all []*member) func(room string) string {
	byRoom := map[string]string{}
	for _, m := range all {
		names := slices.Clone(m.Members)
		slices.Sort(names)
		byRoom[m.Room] = strings.Join(names, " ")
	}
	return func(room string) string { return byRoom[room] }
}
