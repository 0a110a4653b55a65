package clustertest

import (
	"os"
	"os/exec"
	"sync"

	"madang/internal/child"
)

// A process is one that can be killed, told to stop and started again. Its output goes to a file, that of one run after that of
// the run before.
type process struct {
	file string // of the output

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{} // closed when it has ended
}

// start starts it. The command must not have been started before.
func (p *process) start(cmd *exec.Cmd) error {
	out, err := os.OpenFile(p.file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = out, out, child.Bound()
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	p.mu.Lock()
	p.cmd, p.exited = cmd, exited
	p.mu.Unlock()
	go func() {
		_ = cmd.Wait() // its status says it too
		close(exited)
	}()
	return nil
}

// current returns what runs, or has run last; nil before the first start.
func (p *process) current() (*exec.Cmd, chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd, p.exited
}

// signal sends a signal; that the process has ended already is no error.
func (p *process) signal(sig os.Signal) {
	if cmd, _ := p.current(); cmd != nil {
		_ = cmd.Process.Signal(sig) // os.ErrProcessDone, or it has just ended
	}
}

// kill ends it and waits until it has ended.
func (p *process) kill() {
	if cmd, exited := p.current(); cmd != nil {
		_ = cmd.Process.Kill() // as above
		<-exited
	}
}

// output is what it has said, in all its runs.
func (p *process) output() string {
	b, err := os.ReadFile(p.file)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
