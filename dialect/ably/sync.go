package ably

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"madang"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// syncPage is how many members one SYNC holds.
const syncPage = 100

// membersOf returns who is in an attachment's channel, in the order of their coming.
func (s *session) membersOf(a *attachment) (all []madang.Member, err error) {
	err = s.patiently(func() error {
		all, err = s.srv.hub.Members(background(), a.channel)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read who is in %s: %w", a.channel, err)
	}
	all = slices.DeleteFunc(all, func(m madang.Member) bool { return m.User == "" })
	slices.SortFunc(all, func(x, y madang.Member) int { return cmp.Or(x.Since.Compare(y.Since), cmp.Compare(x.Conn, y.Conn)) })
	return all, nil
}

// sync sends who is there, in pages of which the last has no cursor.
func (s *session) sync(a *attachment, all []madang.Member) {
	s.syncNo++
	id := "s" + strconv.Itoa(s.syncNo)
	for page := 0; page == 0 || len(all) > 0; page++ {
		n := min(len(all), syncPage)
		out := &protocol.Frame{Action: protocol.Sync, Channel: a.name, ChannelSerial: id + ":"}
		for i := range all[:n] {
			out.Presence = append(out.Presence, shape.Presence(&all[i], protocol.PresencePresent))
		}
		if all = all[n:]; len(all) > 0 {
			out.ChannelSerial += strconv.Itoa(page + 1)
		}
		s.send(out)
	}
}
