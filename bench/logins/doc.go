// Command logins measures what a storm of logins does to the stock server and to those who are talking on it: many people
// send their passwords at once, each again as soon as it was answered, while messages flow in a room.
//
//	go run ./bench/logins                       60 s of 500 logins at a time
//	go run ./bench/logins -for 5s -parallel 50  shorter and less
//
// A password costs the server 19 MiB and some 25 ms of a processor on purpose. What is promised is that this takes no more
// memory however many come: so many hashes at a time as there are processors, the others wait, and what comes on top of
// a thousand that wait is told to try later. The exit status is 1 when something failed and 3 when the process took more
// memory than -memory.
//
// The limits of attempts are raised for it: with those that servers have, nearly all of the storm would be turned away
// before it costs anything.
//
// The command needs Linux.
package main
