// Package link makes a box at home one of the hubs of a server elsewhere, the cloud.
//
// The box goes on as it is: people at home command what is at home by the box itself, with the line to the cloud or without.
// Through the line
//
//   - the cloud is told what devices there are, and what they report, with the versions that they have at home;
//   - what somebody orders there is ordered here on the box's own authority, and the cloud hears what became of it;
//   - a code that somebody asks the cloud for is shown by the box's own display, and what somebody does there about it,
//     presses the button or does not want it, is told to the cloud.
//
// # What holds
//
//   - After the line was cut the cloud is told everything anew. Of each device it is told the newest state and not how it came
//     about; what is told is told in the order of versions.
//   - A command of the cloud has its id there as its key here, so that one that is delivered again, also after the box has
//     been started anew, is the same one. It is carried out as long after its arrival as the cloud has said, less
//     what it was held up on its way, or never. Commands of one device are carried out in the order in which they came.
//   - What became of a command is told when it has ended and the line is there, behind the state that it has led to.
//   - A box that the cloud does not let in (its secret is another, or it was removed there) says so in its log, and goes on
//     asking now and then, because who runs the cloud may let it in again.
//
// The package knows no protocol: a [Dial] makes a [Line], a [Home] is what is at home. Package relay has one ([Relay]), and
// package simulate another one, which exists only in memory.
package link
