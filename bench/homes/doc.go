// Command homes measures the relay of package device: a thousand boxes at home, each with ten devices, connect to one server;
// a hundred people each command a device of their own, again as soon as the box has answered.
//
//	go run ./bench/homes                    1000 boxes, 100 people, 20 s
//	go run ./bench/homes -hubs 100 -for 2s  fewer and shorter
//
// The server is the stock one with its embedded database: every command, every answer and every report is kept before somebody
// hears of it. Beside it, in the same run and under the same load, runs what one would write by hand on Node's socket.io:
// it asks for the same proofs, keeps devices and commands in memory, and forgets them at its end.
//
// What counts is the server's memory for each box and its processor time for each command. The exit status is 1 when something
// failed.
//
// The command needs Linux, and npm packages in bench/peer.
package main
