// Package device lets people command what is at home, from anywhere: lamps, blinds, thermostats and locks behind a hub, a box
// in the house that connects to the server.
//
// The types are the model. A [Place] is a home with its members; a [Hub] belongs to a place since somebody has paired with it
// by a code (package pairing); a [Device] is something behind a hub, with what it can do, what it reports and what is wished
// of it; a [Command] is such a wish on its way. A [Token] is what a paired person shows. A [Store] keeps all this;
// store/memory is the reference, store/sqlite and store/postgres the ones to run, device/devicetest the suite that every store
// must pass.
//
// [Service] is the rules: who may do what. It knows no HTTP and no sockets; package relay puts it on a hub of package madang,
// package home speaks the wire of a box with a display.
//
// # What holds
//
//   - A command is kept, with the wish it leaves at the device and its entry in the audit log, before it is delivered, and
//     ends exactly once: done, refused by the hub, or expired. The same person's second command with the same key is the first
//     one.
//   - A hub that is away gets what can wait when it comes back, until the wish is too old for what it is about; see
//     [Capability.Patience]. A lock has no patience: a door is neither locked nor unlocked later than somebody stands before
//     it. A wish that has ended is no longer part of the device's state, so that nothing can carry it out from there.
//   - What a device reports carries the hub's own version; an older report never replaces a newer one. Who wishes something
//     can name the version of the state they have seen, and is refused if it is another.
//   - Who is removed from a place, or whose pairing ends, can do nothing from then on, whatever they still hold: every
//     command asks for the token's record and the place's members. Locked accounts can do nothing.
package device
