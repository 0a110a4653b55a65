package capability

import (
	"math/bits"
	"slices"
)

// Ops is a set of operations.
type Ops uint32

// Operations.
const (
	Subscribe           Ops = 1 << iota // hear messages and presence, and see who is present
	Publish                             // publish messages
	Presence                            // be present oneself
	History                             // read what was
	Stats                               // read statistics of the app; see [Set.Everywhere]
	ChannelMetadata                     // ask about a channel, and list them all; see [Set.Everywhere]
	PushSubscribe                       // have one's own device notified
	PushAdmin                           // manage everybody's devices
	PrivilegedHeaders                   // set the privileged part of a message's extras
	ObjectSubscribe                     // follow a channel's objects
	ObjectPublish                       // change them
	AnnotationSubscribe                 // see single annotations of messages
	AnnotationPublish                   // annotate messages
	MessageUpdateOwn                    // change messages of one's own client id
	MessageUpdateAny                    // change everybody's
	MessageDeleteOwn                    // delete messages of one's own client id
	MessageDeleteAny                    // delete everybody's

	// All is what * means: these operations, and those that are yet to come.
	All = ^Ops(0)
)

// wildcard is All in the list of operations, where nothing may stand beside it.
const wildcard = "*"

// names returns the operations' names in the order of their bits.
func names() [17]string {
	return [...]string{
		"subscribe", "publish", "presence", "history", "stats", "channel-metadata", "push-subscribe", "push-admin",
		"privileged-headers", "object-subscribe", "object-publish", "annotation-subscribe", "annotation-publish",
		"message-update-own", "message-update-any", "message-delete-own", "message-delete-any",
	}
}

// opOf returns the operation of a name, which is not the wildcard.
func opOf(name string) (op Ops, ok bool) {
	all := names()
	i := slices.Index(all[:], name)
	if i < 0 {
		return 0, false
	}
	return 1 << i, true
}

// Names returns the names of the operations in alphabetical order; of All it is just "*".
func (o Ops) Names() []string {
	if o == All {
		return []string{wildcard}
	}
	list := make([]string, 0, bits.OnesCount32(uint32(o)))
	for i, name := range names() {
		if o&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}
