// Command scale says what so many connections need: nodes, memory, processor time, Redis. It is a model: formulas over what
// was measured on one machine (constants.go names the measurement of each).
//
//	go run ./bench/scale -connections 1000000 -publishes 10000 -audience 10
//
// Without flags it prints the table of docs/scale.md.
package main
