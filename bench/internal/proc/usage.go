//go:build linux

package proc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// userHZ is the unit of times in /proc, in ticks a second. It is part of the
// kernel's interface to programs and 100 on every architecture Go runs on.
const userHZ = 100

// CPU returns the processor time, user and system, that all threads of the
// process have used, also those that ended. It counts in steps of 10 ms.
func (s *Server) CPU() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.PID))
	if err != nil {
		return 0, fmt.Errorf("read the processor time of process %d: %w", s.PID, err)
	}
	return parseCPU(b)
}

// parseCPU reads fields 14 and 15 of proc_pid_stat(5).
func parseCPU(stat []byte) (time.Duration, error) {
	// The second field is the program's name and may hold spaces and brackets.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("process statistics %.80q: too few fields", stat)
	}
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("process statistics: times: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / userHZ, nil
}

// RSS returns the resident memory of the process in bytes.
func (s *Server) RSS() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.PID))
	if err != nil {
		return 0, fmt.Errorf("read the memory of process %d: %w", s.PID, err)
	}
	return parseRSS(b, int64(os.Getpagesize()))
}

// parseRSS reads the second field of proc_pid_statm(5).
func parseRSS(statm []byte, page int64) (int64, error) {
	fields := bytes.Fields(statm)
	if len(fields) < 2 {
		return 0, fmt.Errorf("process memory %.80q: too few fields", statm)
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("process memory: %w", err)
	}
	return pages * page, nil
}

// OwnCPU returns the processor time of this process.
func OwnCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // it cannot fail with these arguments
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Writes returns how often the process has called write(2) and its relatives,
// for sockets and files alike.
func (s *Server) Writes() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", s.PID))
	if err != nil {
		return 0, fmt.Errorf("read the writes of process %d: %w", s.PID, err)
	}
	return parseWrites(b)
}

// parseWrites reads the line syscw of proc_pid_io(5).
func parseWrites(io []byte) (int64, error) {
	for line := range bytes.Lines(io) {
		if n, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("syscw: ")); ok {
			return strconv.ParseInt(string(n), 10, 64)
		}
	}
	return 0, fmt.Errorf("process statistics %.80q: no line syscw", io)
}
