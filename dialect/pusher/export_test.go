package pusher

// Waiting returns how many clients wait for their turn to be asked whether they are there.
func (s *Server) Waiting() int {
	s.beats.mu.Lock()
	defer s.beats.mu.Unlock()
	return len(s.beats.queue)
}
